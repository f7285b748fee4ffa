#!/usr/bin/env python3
"""A training loop that logs itself: three lines are loglog's. In PyTorch they are the same three, with
params=sum(p.numel() for p in model.parameters()) and params_are_total=True, and loss=loss.item().

    python3 examples/python/train_numpy.py [STORE]       then: loglog runs list --store STORE

The model predicts the next symbol from the last one by a table of low rank, softmax(U V), on text of a Markov chain. Its loss ends near the
chain's entropy.
"""
import sys

import numpy as np

import loglog

VOCAB, RANK, BATCH, STEPS, RATE = 32, 8, 512, 400, 4.0

rng = np.random.default_rng(1)
chain = rng.dirichlet(np.full(VOCAB, 0.2), size=VOCAB)
U, V = rng.normal(0, 0.1, (VOCAB, RANK)), rng.normal(0, 0.1, (RANK, VOCAB))


def batch(n):
    x = rng.integers(VOCAB, size=n)
    return x, (chain[x].cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)


def loss_and_rest(x, y):
    z = U[x] @ V
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(y)), y]).mean(), p


held_out = batch(8192)
run = loglog.init(
    name="low-rank",
    params=U.size + V.size,
    batch_tokens=BATCH,
    store=sys.argv[1] if len(sys.argv) > 1 else "loglog.db",
)
for step in range(1, STEPS + 1):
    x, y = batch(BATCH)
    train_loss, p = loss_and_rest(x, y)
    p[np.arange(BATCH), y] -= 1
    dU = np.zeros_like(U)
    np.add.at(dU, x, p @ V.T / BATCH)
    V -= RATE * (U[x].T @ p) / BATCH
    U -= RATE * dU
    if step % 50 == 0:
        loglog.log(step=step, loss=loss_and_rest(*held_out)[0], train_loss=train_loss)
loglog.finish()
print(f"{run.name}: {loglog.Store(run.store.path).curve(run.name).loss[-1]:.3f} nats per token; "
      f"entropy of the chain {-np.sum(chain * np.log(np.maximum(chain, 1e-300))) / VOCAB:.3f}")
