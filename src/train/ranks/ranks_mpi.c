#include "train/ranks/ranks.h"

#ifdef LL_HAVE_MPI

#include <dlfcn.h>
#include <mpi.h>
#include <pthread.h>
#include <stdbool.h>

/* Loaded when it is first needed. Its handles are addresses of objects in it. */
#define LIBRARY "libmpi.so.40"
#define FUNCTIONS(X) X(Init_thread) X(Comm_rank) X(Comm_size) X(Bcast) X(Isend) X(Irecv) X(Waitall) X(Finalize)

static struct {
#define FIELD(name) __typeof__(MPI_##name) *name;
    FUNCTIONS(FIELD)
#undef FIELD
    MPI_Comm world;
    MPI_Datatype byte;
} mpi;
static ll_error not_loaded; /* why it could not be */

static void load(void) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_GLOBAL); /* its plug-ins look for it */
    if (!library) {
        LL_FAIL(&not_loaded, LL_EINPUT, "no ranks here: %.200s (Debian: openmpi-bin)", dlerror());
        return;
    }
#define BIND(name)                                                            \
    if (!(mpi.name = (__typeof__(MPI_##name) *)dlsym(library, "MPI_" #name))) \
        LL_FAIL(&not_loaded, LL_EINPUT, LIBRARY " has no MPI_" #name);
    FUNCTIONS(BIND)
#undef BIND
    mpi.world = (MPI_Comm)dlsym(library, "ompi_mpi_comm_world");
    mpi.byte = (MPI_Datatype)dlsym(library, "ompi_mpi_byte");
    if (!mpi.world || !mpi.byte) LL_FAIL(&not_loaded, LL_EINPUT, LIBRARY " is not OpenMPI's");
}

ll_status ll_ranks_available(ll_error *err) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return not_loaded.code == LL_OK ? LL_OK : LL_FAIL(err, not_loaded.code, "%s", not_loaded.msg);
}

ll_status ll_ranks_join(ll_ranks *out, ll_error *err) {
    int given;
    LL_TRY(ll_ranks_available(err));
    if (mpi.Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &given) != MPI_SUCCESS ||
        mpi.Comm_rank(mpi.world, &out->rank) != MPI_SUCCESS || mpi.Comm_size(mpi.world, &out->n) != MPI_SUCCESS)
        return LL_FAIL(err, LL_EIO, "MPI cannot begin");
    if (out->n <= LL_RANKS_MAX) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%d ranks, expected at most %d", out->n, LL_RANKS_MAX);
}

/* A message counts its bytes by an int. */
static void send(const ll_ranks *r, char *bytes, size_t size, int from) {
    enum { MOST = 1 << 28 };
    (void)r;
    for (size_t at = 0; at < size; at += MOST)
        mpi.Bcast(bytes + at, (int)(size - at < MOST ? size - at : MOST), mpi.byte, from, mpi.world);
}

void ll_ranks_share(const ll_ranks *r, void *bytes, size_t size) {
    send(r, bytes, size, 0);
}

void ll_ranks_gather(const ll_ranks *r, void *all, const size_t begin[LL_RANKS_MAX + 1]) {
    for (int i = 0; i < r->n; i++) send(r, (char *)all + begin[i], begin[i + 1] - begin[i], i);
}

/* The k-th block of each rank at a time: what this one sends of its own, and what it takes of the others'. */
static void exchange(const ll_ranks *r, char *blocks, size_t size, const int64_t *first, const size_t *begin,
                     int k) {
    MPI_Request request[2 * LL_RANKS_MAX];
    const int64_t own = first[r->rank] + k;
    const bool sends = own < first[r->rank + 1];
    int n = 0;
    for (int i = 0; i < r->n; i++) {
        const int64_t other = first[i] + k;
        if (i == r->rank) continue;
        if (other < first[i + 1])
            mpi.Irecv(blocks + (size_t)other * size + begin[r->rank], (int)(begin[r->rank + 1] - begin[r->rank]),
                      mpi.byte, i, 0, mpi.world, &request[n++]);
        if (sends)
            mpi.Isend(blocks + (size_t)own * size + begin[i], (int)(begin[i + 1] - begin[i]), mpi.byte, i, 0,
                      mpi.world, &request[n++]);
    }
    mpi.Waitall(n, request, MPI_STATUSES_IGNORE);
}

void ll_ranks_scatter(const ll_ranks *r, void *blocks, size_t size, const int64_t first[LL_RANKS_MAX + 1],
                      const size_t begin[LL_RANKS_MAX + 1]) {
    for (int k = 0; k < first[1]; k++) exchange(r, blocks, size, first, begin, k); /* rank 0 has the most */
}

void ll_ranks_leave(void) {
    mpi.Finalize();
}

#else

ll_status ll_ranks_available(ll_error *err) {
    return LL_FAIL(err, LL_EINPUT, "--ranks: this build has no MPI (Debian: libopenmpi-dev)");
}

ll_status ll_ranks_join(ll_ranks *out, ll_error *err) {
    *out = (ll_ranks) { 0, 1 };
    return ll_ranks_available(err);
}

void ll_ranks_share(const ll_ranks *r, void *bytes, size_t size) {
    (void)r, (void)bytes, (void)size;
}

void ll_ranks_gather(const ll_ranks *r, void *all, const size_t begin[LL_RANKS_MAX + 1]) {
    (void)r, (void)all, (void)begin;
}

void ll_ranks_scatter(const ll_ranks *r, void *blocks, size_t size, const int64_t first[LL_RANKS_MAX + 1],
                      const size_t begin[LL_RANKS_MAX + 1]) {
    (void)r, (void)blocks, (void)size, (void)first, (void)begin;
}

void ll_ranks_leave(void) {
}

#endif
