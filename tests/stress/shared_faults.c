/* SPDX-License-Identifier: MIT */
/*
 * Processes that use one ring are killed at each step of the library, again and again, while others go on.
 *
 * Writers append, and reserve and commit; in bounded rings consumers take what they append. One process sleeps for
 * data, one changes capacity, policy and attributes and locks writers out, and in some rings one clears. Each is born with
 * a step at which it dies, at its first or one of its next arrivals there, and is born again: so those that recover from a
 * death die in the middle of that. Readers of read-only descriptors live; one of them is stopped now and then, the other
 * sleeps between copy and check.
 *
 * What holds, whoever dies where:
 * I1 No record is torn: what can be read is whole records from one end to the other.
 * I2 Of each writer they are in order, each once.
 * I3 Missing are those that a reader was told it had lost, and those that were in flight when their writer was killed
 *    or locked out. From a bounded ring each is taken once; those may be lost that a consumer had in hand when it died.
 * I4 Somebody always gets on: an append returns at least every STALL_S. What is promised is 2 ms behind a dead writer;
 *    this is a test of wedges, on machines that have much else to do.
 *
 * usage: shared_faults [SECONDS]
 */
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "records.h"
#include "shared/shared_priv.h"

enum { N_WRITERS_MAX = 4, N_CONSUMERS = 2, N_READERS = 2, MAX_UNITS = 6, STALL_S = 20, LEDGER = 1 << 16, BATCH = 8 };

enum role { WRITER, CONSUMER, SLEEPER, RESHAPER, CLEARER, READER };

/* What is remembered of a record, at its number modulo LEDGER: its number + 1. */
typedef _Atomic uint64_t marks[N_WRITERS_MAX][LEDGER];

/* What a consumer is about to take. */
struct claim {
	_Atomic uint32_t n;
	struct {
		uint32_t writer;
		uint64_t number;
	} records[BATCH];
};

/* Memory of all processes; all but the totals is of one ring's life. */
struct control {
	_Atomic uint64_t kills[SHARED_FAULT_COUNT];
	_Atomic uint64_t n_records, n_overruns, n_stale;
	_Atomic bool stops;
	_Atomic uint64_t n_appends;
	_Atomic uint64_t next[N_WRITERS_MAX];
	_Atomic uint64_t in_flight[N_WRITERS_MAX]; /* number + 1, or 0 */
	struct claim claims[N_CONSUMERS];
	marks in_doubt;                            /* may be in the ring or not */
	marks taken, maybe_taken;
	_Atomic uint64_t taken_at[N_WRITERS_MAX][LEDGER];
};

static struct control *control;
static int ring_file;
static enum vmap_ring_policy policy;
static uint8_t bytes[3 * LINE_RING];

static const char *const point_names[] = {
#define X(name) #name,
	SHARED_FAULTS(X)
#undef X
};

/* This process's death. */
static enum shared_fault dies_at;
static unsigned arrivals_left;
static bool is_slow_reader;

static void hook(enum shared_fault point)
{
	static unsigned n_reads;
	if (is_slow_reader && point == SHARED_FAULT_READ && ++n_reads % 64 == 0)
		pause_us(300);
	if (point != dies_at || atomic_load(&control->stops) || --arrivals_left > 0)
		return;
	atomic_fetch_add(&control->kills[point], 1);
	raise(SIGKILL);
}

static void mark(marks *all, uint32_t writer, uint64_t number)
{
	atomic_store(&(*all)[writer][number % LEDGER], number + 1);
}

static bool is_marked(marks *all, uint32_t writer, uint64_t number)
{
	return atomic_load(&(*all)[writer][number % LEDGER]) == number + 1;
}

static struct vmap_shared *open_ring(int fd)
{
	struct vmap_shared *ring = NULL;
	int r = vmap_shared_open(fd, &ring);
	if (r < 0)
		fail("open: %s", strerror(-r));
	return ring;
}

static void reattach(struct vmap_shared *ring)
{
	int r = vmap_shared_reattach(ring);
	if (r < 0)
		fail("reattach: %s", strerror(-r));
	atomic_fetch_add(&control->n_stale, 1);
}

/* Append record @number in one of the ways there are; the result is that of an append. */
static ssize_t append(struct vmap_shared *ring, struct rng *rng, uint32_t writer, uint64_t number)
{
	size_t len = record_len(writer, number);
	size_t way = rng_below(rng, 8);
	if (way < 5) {
		record_build(bytes, writer, number);
		return vmap_shared_append(ring, bytes, len);
	}
	void *span;
	size_t more = way == 5 ? 0 : rng_below(rng, 2000) / 8 * 8;
	int r = vmap_shared_reserve(ring, len + more, SHARED_LOCK_NS, &span);
	if (r < 0)
		return r == -ESTALE ? -EBUSY : r; /* which is certain not to be in the ring */
	record_build(span, writer, number);
	if (way == 7) {
		r = vmap_shared_commit(ring, 0);
		return r < 0 ? r : -EBUSY;
	}
	r = vmap_shared_commit(ring, len);
	return r < 0 ? r : (ssize_t)len;
}

static void write_on(struct vmap_shared *ring, struct rng *rng, unsigned id)
{
	uint64_t lost = atomic_load(&control->in_flight[id]);
	if (lost > 0) {
		mark(&control->in_doubt, id, lost - 1);
		atomic_store(&control->next[id], lost);
		atomic_store(&control->in_flight[id], 0);
	}
	for (uint64_t number = atomic_load(&control->next[id]); !atomic_load(&control->stops);) {
		size_t len = record_len(id, number);
		atomic_store(&control->in_flight[id], number + 1);
		ssize_t n = append(ring, rng, id, number);
		if (n == (ssize_t)len || n == -ESTALE) {
			if (n == -ESTALE)
				mark(&control->in_doubt, id, number);
			else
				atomic_fetch_add(&control->n_appends, 1);
			atomic_store(&control->next[id], ++number);
		}
		atomic_store(&control->in_flight[id], 0);
		if (n == -EAGAIN) {
			n = vmap_shared_wait_room(ring, len, 20);
			n = n == -ETIMEDOUT || n == 0 ? -EBUSY : n;
		}
		if (n == -ESTALE || (n == -EBUSY && vmap_shared_status(ring) == -ESTALE))
			reattach(ring);
		else if (n < 0 && n != -EBUSY)
			fail("writer %u: %s", id, strerror((int)-n));
	}
}

/* What one reader, or one position after the other, has seen of each writer. */
struct seen {
	uint64_t next[N_WRITERS_MAX];
	bool may_miss[N_WRITERS_MAX];
};

static void see(struct seen *seen, const struct record *record, uint64_t pos)
{
	if (record->writer >= N_WRITERS_MAX)
		fail("a record of writer %u at %llu", record->writer, (unsigned long long)pos);
	uint64_t *next = &seen->next[record->writer];
	if (record->number < *next)
		fail("record %llu of writer %u at %llu, behind %llu", (unsigned long long)record->number, record->writer,
		     (unsigned long long)pos, (unsigned long long)(*next - 1)); /* I2 */
	for (; *next < record->number && !seen->may_miss[record->writer]; (*next)++)
		if (!is_marked(&control->in_doubt, record->writer, *next))
			fail("record %llu of writer %u is missing in front of %llu", (unsigned long long)*next, record->writer,
			     (unsigned long long)pos); /* I3 */
	*next = record->number + 1;
	seen->may_miss[record->writer] = false;
}

static void miss(struct seen *seen)
{
	for (unsigned i = 0; i < N_WRITERS_MAX; i++)
		seen->may_miss[i] = true;
}

/* Check the records in [@pos, @pos + @len); the bytes that are whole records. If @lost, it may begin inside one. */
static size_t check_records(struct seen *seen, uint64_t pos, size_t len, bool *lost)
{
	size_t at = 0;
	for (;;) {
		struct record record;
		enum record_found found = record_parse(bytes + at, len - at, &record);
		if (found == RECORD_IS_TORN && *lost) {
			at += 8;
			if (at > RECORD_MAX)
				fail("no record in %zu bytes from %llu on", at, (unsigned long long)pos);
			continue;
		}
		if (found == RECORD_IS_TORN)
			fail("torn at %llu", (unsigned long long)(pos + at)); /* I1 */
		if (found == RECORD_IS_LONGER)
			return at;
		*lost = false;
		see(seen, &record, pos + at);
		atomic_fetch_add_explicit(&control->n_records, 1, memory_order_relaxed);
		at += (size_t)record.len;
	}
}

static void read_on(struct vmap_shared *ring)
{
	struct seen seen = {0};
	bool lost = true;
	uint64_t cursor = 0;
	miss(&seen);
	while (!atomic_load(&control->stops)) {
		uint64_t start = cursor;
		ssize_t n = vmap_shared_read(ring, &cursor, bytes, sizeof(bytes));
		if (n > 0) {
			/* A part of a record is read again. */
			cursor = start + check_records(&seen, start, (size_t)n, &lost);
			if (cursor == start)
				(void)vmap_shared_wait(ring, start + (size_t)n, 5);
		} else if (n == -EPIPE) {
			atomic_fetch_add(&control->n_overruns, 1);
			miss(&seen);
			lost = policy == VMAP_RING_OVERWRITE;
		} else if (n == -EAGAIN) {
			int r = vmap_shared_wait(ring, cursor, 5);
			if (r < 0 && r != -ETIMEDOUT && r != -ESTALE)
				fail("a reader's wait: %s", strerror(-r));
		} else if (n == -ESTALE) {
			reattach(ring);
		} else {
			fail("reading at %llu gave %zd", (unsigned long long)start, n);
		}
	}
}

static void take(uint32_t writer, uint64_t number, uint64_t pos)
{
	if (is_marked(&control->taken, writer, number))
		fail("record %llu of writer %u was taken twice", (unsigned long long)number, writer); /* I3 */
	atomic_store(&control->taken_at[writer][number % LEDGER], pos);
	mark(&control->taken, writer, number);
}

/* Take up to @n_max records off the tail. -EAGAIN there are none; -EPIPE, -EBUSY somebody else was there. */
static int take_some(struct vmap_shared *ring, struct claim *claim, size_t n_max)
{
	uint64_t tail = vmap_shared_oldest(ring, VMAP_ALIGN_BYTE), cursor = tail, positions[BATCH];
	ssize_t n = vmap_shared_read(ring, &cursor, bytes, 65536);
	if (n < 0)
		return (int)n;
	size_t at = 0;
	uint32_t n_records = 0;
	while (n_records < n_max && at < (size_t)n) {
		struct record record = {0};
		enum record_found found = record_parse(bytes + at, (size_t)n - at, &record);
		if (found == RECORD_IS_TORN || record.writer >= N_WRITERS_MAX)
			fail("torn at %llu, which is to be consumed", (unsigned long long)(tail + at)); /* I1 */
		if (found == RECORD_IS_LONGER)
			break;
		claim->records[n_records].writer = record.writer;
		claim->records[n_records].number = record.number;
		positions[n_records++] = tail + at;
		at += (size_t)record.len;
	}
	if (n_records == 0)
		return -EPIPE; /* the read ended where another consumer was at work */
	atomic_store(&claim->n, n_records);
	int r = vmap_shared_consume(ring, tail, at);
	for (uint32_t i = 0; r == 0 && i < n_records; i++)
		take(claim->records[i].writer, claim->records[i].number, positions[i]);
	atomic_store(&claim->n, 0);
	return r;
}

/* What it had in hand when it died may be taken. */
static void settle_claim(struct claim *claim)
{
	uint32_t n = atomic_load(&claim->n);
	for (uint32_t i = 0; i < n; i++)
		mark(&control->maybe_taken, claim->records[i].writer, claim->records[i].number);
	atomic_store(&claim->n, 0);
}

static void consume_on(struct vmap_shared *ring, struct rng *rng, struct claim *claim)
{
	settle_claim(claim);
	while (!atomic_load(&control->stops)) {
		int r = take_some(ring, claim, 1 + rng_below(rng, BATCH));
		if (r == -EAGAIN)
			r = vmap_shared_wait(ring, ring_state(ring).head, 20);
		if (r == -ESTALE)
			reattach(ring);
		else if (r < 0 && r != -EPIPE && r != -EBUSY && r != -ETIMEDOUT)
			fail("consumer: %s", strerror(-r));
	}
}

static void sleep_on(struct vmap_shared *ring)
{
	while (!atomic_load(&control->stops)) {
		int r = vmap_shared_wait(ring, ring_state(ring).head, 20);
		if (r == -ESTALE)
			reattach(ring);
		else if (r < 0 && r != -ETIMEDOUT)
			fail("sleeper: %s", strerror(-r));
	}
}

/* One change of whatever can be changed. */
static int change(struct vmap_shared *ring, struct rng *rng)
{
	uint64_t capacity = (1 + rng_below(rng, MAX_UNITS)) * LINE_RING;
	int r;
	switch (rng_below(rng, 8)) {
	case 0:
		return vmap_shared_revoke(ring);
	case 1:
		return vmap_shared_set_attributes(ring, rng_next(rng));
	case 2:
	case 3:
		if (policy == VMAP_RING_BOUNDED)
			return 0; /* consumers would find a log */
		r = vmap_shared_reshape(ring, ring_state(ring).capacity, VMAP_RING_BOUNDED);
		return r < 0 ? r : vmap_shared_reshape(ring, capacity, VMAP_RING_OVERWRITE);
	default:
		return vmap_shared_reshape(ring, capacity, policy);
	}
}

static void reshape_on(struct vmap_shared *ring, struct rng *rng)
{
	while (!atomic_load(&control->stops)) {
		/* First of all the policy that was changed when the last one died. */
		int r = vmap_shared_policy(ring) == policy ? change(ring, rng) :
							     vmap_shared_reshape(ring, ring_state(ring).capacity, policy);
		if (r == -ESTALE)
			reattach(ring);
		else if (r < 0 && r != -EBUSY)
			fail("reshaper: %s", strerror(-r));
		pause_us(200 + (unsigned)rng_below(rng, 1000));
	}
}

static void clear_on(struct vmap_shared *ring, struct rng *rng)
{
	while (!atomic_load(&control->stops)) {
		int r = vmap_shared_clear(ring);
		if (r == -ESTALE)
			reattach(ring);
		else if (r < 0 && r != -EBUSY)
			fail("clear: %s", strerror(-r));
		pause_us((unsigned)rng_below(rng, 3000));
	}
}

struct process {
	enum role role;
	unsigned id; /* among those of its role */
	pid_t pid;
	double born;
};

static _Noreturn void process_main(const struct process *process, uint64_t seed)
{
	struct rng rng = {.state = seed};
	int fd = ring_file;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	shared_fault_hook = hook;
	if (process->role == READER) {
		char path[32];
		snprintf(path, sizeof(path), "/proc/self/fd/%d", ring_file);
		MUST((fd = open(path, O_RDONLY)) >= 0);
		is_slow_reader = process->id == 1;
	}
	struct vmap_shared *ring = open_ring(fd);
	switch (process->role) {
	case WRITER:
		write_on(ring, &rng, process->id);
		break;
	case CONSUMER:
		consume_on(ring, &rng, &control->claims[process->id]);
		break;
	case SLEEPER:
		sleep_on(ring);
		break;
	case RESHAPER:
		reshape_on(ring, &rng);
		break;
	case CLEARER:
		clear_on(ring, &rng);
		break;
	case READER:
		read_on(ring);
		break;
	}
	vmap_shared_close(ring);
	_exit(0);
}

/* A step at which a process of that role can die: half of the time the one at which the fewest have. */
static enum shared_fault choose_point(enum role role, struct rng *rng)
{
	static const enum shared_fault first[] = {SHARED_FAULT_SLOT_LOCKED, SHARED_FAULT_CONSUMES, SHARED_FAULT_SLEEPS,
						  SHARED_FAULT_SHAPE_LOCKED, SHARED_FAULT_CLEARS};
	static const enum shared_fault last[] = {SHARED_FAULT_COMMITTED, SHARED_FAULT_CONSUMED, SHARED_FAULT_AWAKE,
						 SHARED_FAULT_ATTRIBUTES, SHARED_FAULT_CLEARS};
	size_t n = (size_t)(last[role] - first[role]) + 1;
	enum shared_fault point = (enum shared_fault)(first[role] + rng_below(rng, n));
	if (role == CONSUMER && rng_below(rng, 4) == 0)
		return SHARED_FAULT_READ;
	/* Everybody recovers from others' deaths; not so often that nobody is left to die of something else. */
	if (role != WRITER && rng_below(rng, 4) == 0)
		return (enum shared_fault)(SHARED_FAULT_SLOT_LOCKED + rng_below(rng, SHARED_FAULT_WAKES + 1));
	for (size_t i = 0; i < n && rng_below(rng, 2) == 0; i++) {
		enum shared_fault other = (enum shared_fault)(first[role] + rng_below(rng, n));
		if (atomic_load(&control->kills[other]) < atomic_load(&control->kills[point]))
			point = other;
	}
	return point;
}

static void give_birth(struct process *process, struct rng *rng)
{
	dies_at = process->role == READER ? SHARED_FAULT_COUNT : choose_point(process->role, rng);
	arrivals_left = 1 + (unsigned)(rng_below(rng, 2) == 0 ? 0 : rng_below(rng, 60));
	uint64_t seed = rng_next(rng);
	process->born = monotonic_s();
	process->pid = fork();
	MUST(process->pid >= 0);
	if (process->pid == 0)
		process_main(process, seed);
}

/* One cell of the matrix. */
struct cell {
	unsigned n_writers;
	enum vmap_ring_policy policy;
	bool clears;
};

struct totals {
	uint64_t n_kills, n_outside, n_appends, n_steals;
	double longest_stall;
};

/* All that was appended was taken, or may have been, or the clear took it. */
static void check_taken(const struct cell *cell, struct vmap_shared *ring)
{
	static struct claim claim;
	int r;
	for (size_t i = 0; i < N_CONSUMERS; i++)
		settle_claim(&control->claims[i]);
	while ((r = take_some(ring, &claim, BATCH)) == 0)
		;
	if (r != -EAGAIN)
		fail("taking the rest gave %d", r);
	for (uint32_t writer = 0; writer < cell->n_writers; writer++) {
		uint64_t end = atomic_load(&control->next[writer]), last = 0;
		for (uint64_t number = end > LEDGER / 2 ? end - LEDGER / 2 : 0; number < end; number++) {
			if (is_marked(&control->taken, writer, number)) {
				uint64_t pos = atomic_load(&control->taken_at[writer][number % LEDGER]);
				if (pos < last)
					fail("record %llu of writer %u is out of order", (unsigned long long)number, writer);
				last = pos;
			} else if (!cell->clears && !is_marked(&control->in_doubt, writer, number) &&
				   !is_marked(&control->maybe_taken, writer, number)) {
				fail("record %llu of writer %u is lost, behind %llu; %u writers, ring %llu to %llu",
				     (unsigned long long)number, writer, (unsigned long long)last, cell->n_writers,
				     (unsigned long long)ring_state(ring).tail, (unsigned long long)ring_state(ring).head);
			}
		}
	}
}

static void check_rest(const struct cell *cell, struct totals *totals)
{
	struct vmap_shared *ring = open_ring(ring_file);
	struct seen seen = {0};
	bool lost = cell->policy == VMAP_RING_OVERWRITE;
	uint64_t cursor = 0;
	miss(&seen);
	/* A log may be a queue just now, if its reshaper died so. */
	int r = vmap_shared_reshape(ring, ring_state(ring).capacity, cell->policy);
	if (r < 0)
		fail("the last change of shape: %s", strerror(-r));
	MUST(vmap_shared_seek(ring, VMAP_SEEK_OLDEST, 0, &cursor) == 0);
	for (;;) {
		uint64_t start = cursor;
		ssize_t n = vmap_shared_read(ring, &cursor, bytes, sizeof(bytes));
		if (n == -EAGAIN)
			break;
		if (n < 0)
			fail("reading what is left gave %zd", n);
		size_t len = check_records(&seen, start, (size_t)n, &lost);
		if (len == 0)
			fail("what is left ends in a part of a record");
		cursor = start + len;
	}
	if (cell->policy == VMAP_RING_BOUNDED)
		check_taken(cell, ring);
	totals->n_steals += ring_state(ring).steals;
	vmap_shared_close(ring);
}

/* One of ours has ended: it was killed, and is born again. */
static void bury(struct process *process, int status, struct totals *totals, struct rng *rng)
{
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		fail("a process of role %u ended with status 0x%x", (unsigned)process->role, (unsigned)status);
	totals->n_kills++;
	give_birth(process, rng);
}

static void end_all(struct process *processes, size_t n)
{
	double give_up = monotonic_s() + STALL_S;
	atomic_store(&control->stops, true);
	for (size_t i = 0; i < n; i++) {
		int status = 0;
		kill(processes[i].pid, SIGCONT);
		while (waitpid(processes[i].pid, &status, WNOHANG) == 0) {
			if (monotonic_s() > give_up)
				fail("a process of role %u does not end", (unsigned)processes[i].role);
			pause_us(200);
		}
		if (WIFEXITED(status) ? WEXITSTATUS(status) != 0 : WTERMSIG(status) != SIGKILL)
			fail("a process of role %u ended with status 0x%x", (unsigned)processes[i].role, (unsigned)status);
	}
}

static void run_cell(const struct cell *cell, double seconds, struct rng *rng, struct totals *totals)
{
	struct process processes[N_WRITERS_MAX + N_CONSUMERS + N_READERS + 3];
	size_t n = 0;
	policy = cell->policy;
	memset((uint8_t *)control + offsetof(struct control, stops), 0, sizeof(*control) - offsetof(struct control, stops));
	ring_file = ring_fd_with((1 + rng_below(rng, MAX_UNITS)) * LINE_RING, rng_below(rng, 1000) * 8, policy);
	for (unsigned i = 0; i < N_READERS; i++)
		processes[n++] = (struct process){.role = READER, .id = i};
	for (unsigned i = 0; i < cell->n_writers; i++)
		processes[n++] = (struct process){.role = WRITER, .id = i};
	for (unsigned i = 0; i < N_CONSUMERS && policy == VMAP_RING_BOUNDED; i++)
		processes[n++] = (struct process){.role = CONSUMER, .id = i};
	processes[n++] = (struct process){.role = SLEEPER};
	processes[n++] = (struct process){.role = RESHAPER};
	if (cell->clears)
		processes[n++] = (struct process){.role = CLEARER};
	for (size_t i = 0; i < n; i++)
		give_birth(&processes[i], rng);

	double end = monotonic_s() + seconds, last_progress = monotonic_s(), now;
	uint64_t n_appends = 0;
	bool stopped = false;
	while ((now = monotonic_s()) < end) {
		for (size_t i = 0; i < n; i++) {
			int status = 0;
			if (waitpid(processes[i].pid, &status, WNOHANG) > 0)
				bury(&processes[i], status, totals, rng);
			else if (processes[i].role != READER && now - processes[i].born > 0.03) {
				/* It does not come there. Wherever it is, it dies there. */
				totals->n_outside++;
				kill(processes[i].pid, SIGKILL);
				MUST(waitpid(processes[i].pid, &status, 0) > 0);
				bury(&processes[i], status, totals, rng);
			}
		}
		if (rng_below(rng, 8) == 0) {
			stopped = !stopped;
			kill(processes[0].pid, stopped ? SIGSTOP : SIGCONT);
		}
		uint64_t seen = atomic_load(&control->n_appends);
		if (seen != n_appends) {
			n_appends = seen;
			last_progress = now;
		}
		if (now - last_progress > totals->longest_stall)
			totals->longest_stall = now - last_progress;
		if (now - last_progress > STALL_S)
			fail("no append for %d s: %u writers, %s", STALL_S, cell->n_writers,
			     policy == VMAP_RING_BOUNDED ? "bounded" : "overwrite"); /* I4 */
		pause_us(200);
	}
	end_all(processes, n);
	check_rest(cell, totals);
	totals->n_appends += atomic_load(&control->n_appends);
	close(ring_file);
}

int main(int argc, char **argv)
{
	static const struct cell cells[] = {
		{1, VMAP_RING_OVERWRITE, false}, {2, VMAP_RING_OVERWRITE, false}, {4, VMAP_RING_OVERWRITE, true},
		{1, VMAP_RING_BOUNDED, false},   {2, VMAP_RING_BOUNDED, false},   {4, VMAP_RING_BOUNDED, false},
		{2, VMAP_RING_BOUNDED, true},
	};
	enum { N_CELLS = sizeof(cells) / sizeof(cells[0]) };
	const double cell_s = 0.5;
	double seconds = stress_seconds(argc > 1 ? argv[1] : NULL);
	control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(control != MAP_FAILED);
	struct rng rng = {.state = 9300};
	struct totals totals = {0};
	double end = monotonic_s() + seconds;
	size_t n_never;
	/* As long as was asked for, and then until each step has had its death. */
	double give_up = end + 60;
	do {
		for (size_t i = 0; i < N_CELLS; i++)
			run_cell(&cells[i], cell_s, &rng, &totals);
		n_never = 0;
		for (size_t i = 0; i < SHARED_FAULT_COUNT; i++)
			n_never += atomic_load(&control->kills[i]) == 0;
	} while (monotonic_s() < end || (n_never > 0 && monotonic_s() < give_up));

	printf("shared_faults: kills survived at each step:");
	for (size_t i = 0; i < SHARED_FAULT_COUNT; i++)
		printf("%s %s %llu", i % 6 == 0 ? "\n " : ",", point_names[i], (unsigned long long)atomic_load(&control->kills[i]));
	printf("\nshared_faults: %llu kills, %llu of them from outside; %llu locks taken from the dead; %llu appends, "
	       "%llu records read, %llu overruns, %llu reattaches; longest time without an append %.0f ms\n",
	       (unsigned long long)totals.n_kills, (unsigned long long)totals.n_outside, (unsigned long long)totals.n_steals,
	       (unsigned long long)totals.n_appends, (unsigned long long)atomic_load(&control->n_records),
	       (unsigned long long)atomic_load(&control->n_overruns), (unsigned long long)atomic_load(&control->n_stale),
	       totals.longest_stall * 1000);
	if (n_never > 0)
		fail("at %zu steps nobody was killed", n_never);
	return 0;
}
