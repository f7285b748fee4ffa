"""Many threads at once get the answers of one."""
from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import loglog
from conftest import planted

N_THREADS = 100
N_TABLES = 10


def test_a_hundred_threads_fit_at_once():
    tables = [planted(seed) for seed in range(N_TABLES)]
    alone = [loglog.fit(t, bootstrap=50, threads=1) for t in tables]
    gate = threading.Barrier(N_THREADS)

    def fit(i: int):
        gate.wait()
        mine = loglog.fit(tables[i % N_TABLES], bootstrap=50, threads=1)
        return mine.params, mine.interval, mine.document["objective"]["value"]

    with ThreadPoolExecutor(N_THREADS) as pool:
        for i, got in enumerate(pool.map(fit, range(N_THREADS))):
            one = alone[i % N_TABLES]
            assert got == (one.params, one.interval, one.objective)


def test_one_fit_asked_by_many_threads():
    fit = loglog.fit(planted(), bootstrap=50)
    sizes = [1e9 * 1.1**i for i in range(20)]
    alone = [(fit.forecast(N, 20 * N).value, fit.plan(flops=6 * N * 20 * N).params) for N in sizes]
    with ThreadPoolExecutor(20) as pool:
        both = list(pool.map(lambda N: (fit.forecast(N, 20 * N).value, fit.plan(flops=6 * N * 20 * N).params), sizes))
    assert both == alone


def test_closed_while_others_ask():
    fit = loglog.fit(planted(), bootstrap=50)

    def ask(_: int) -> bool:
        try:
            return fit.forecast(1e9, 1e10).value > 0
        except ValueError as why:
            return "closed" in str(why)

    with ThreadPoolExecutor(8) as pool:
        asked = pool.map(ask, range(40))
        fit.close()
        assert all(asked)


def test_python_goes_on_during_a_call():
    """The interpreter's lock is free while the library computes, else this thread would not wake before the end."""
    table = planted()
    done = threading.Event()
    took = []

    def work() -> None:
        start = time.perf_counter()
        loglog.fit(table, bootstrap=20000, threads=1)
        took.append(time.perf_counter() - start)
        done.set()

    worker = threading.Thread(target=work)
    longest = 0.0
    worker.start()
    while not done.is_set():
        last = time.perf_counter()
        done.wait(0.002)
        longest = max(longest, time.perf_counter() - last)
    worker.join()
    assert took[0] > 0.2 and longest < took[0] / 2
