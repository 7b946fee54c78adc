/* SPDX-License-Identifier: MIT */
/*
 * Appending to a shared ring, reading it and recovering from writers that die: core/src/shared/lock.c (claim, lock,
 * steal, recover, unlock), append.c (announce, copy, publish), cursor.c (read_chunk) and consuming from bounded rings.
 *
 * Two writers, each of which may be killed before any step and comes back with another handle; a reader that reads
 * once, from any position at any time; or (-DBOUNDED) two consumers of a bounded ring, one of which may be killed.
 * Each access of a shared word and each system call is a step of its own, but for loads by the lock's owner of what
 * nobody else stores; a record is copied cell by cell.
 *
 * Asserted: who stores to the publication line or the data has the lock, and nobody else believes so; intent and head
 * never go back, and intent is never more than a capacity ahead; what a reader accepts is what was published at those
 * positions; records of a writer stay in order; of a bounded ring every cell goes to one consumer. That nobody is held
 * up for ever by the dead is that there are no invalid end states: all waiting is for a condition.
 *
 * The checker's memory is sequentially consistent. What the barriers append:A to read:B are for is not seen here.
 *
 * Each of these takes a rule away, and must be found: STEAL_FROM_LIVING NO_GENERATION NO_ADOPTION NO_STEAL
 * INTENT_ROLLBACK INTENT_AFTER_COPY HEAD_BEFORE_COPY NO_RECHECK, and with BOUNDED: NO_ROOM_CHECK BLIND_CONSUME.
 */
#define CAPACITY 3
#define RECORDS 2      /* a writer's; one of one cell and one of two */
#define POSITIONS 7    /* all their cells, and one more */
#ifndef CRASHES
#define CRASHES 2
#endif
#define GENERATIONS 4
#define NO_SLOT 2
#define NOBODY 2

byte wlock;              /* 0, or slot + 1, and 4 * the slot's generation */
byte intent, head, tail;
byte cell[CAPACITY];
byte slot_generation[2];
bool byte_locked[3];     /* a slot's byte lock: the kernel's, true only while the process of its handle lives */

/* For the assertions alone: */
byte published[POSITIONS];
byte n_consumed;
byte holder = NOBODY;    /* who believes to have the lock */
byte last_record[2];     /* the last that each writer has published */
byte crashes = CRASHES;
byte n_done;

#define owner_of(word) ((word) % 4)
#define is_dead(word) (owner_of(word) != slot + 1 && !byte_locked[owner_of(word) - 1])
#define content(record, i) (1 + id * 8 + (record) * 2 + (i))

/* SIGKILL, instead of the step that is the other choice. The kernel drops the byte lock; nothing else is cleaned up. */
#define DIE atomic { crashes > 0 -> \
		crashes--; \
		byte_locked[slot] = false; \
		if \
		:: holder == id -> holder = NOBODY \
		:: else \
		fi; \
		goto died \
	}
#define STORES assert(holder == id)
#define TAKE assert(holder == NOBODY); holder = id; wlock = me
#define RELEASE STORES; holder = NOBODY; wlock = 0

proctype writer(bit id)
{
	byte slot = NO_SLOT, me, word, h, n, k, record = 1;
	bool adopts;

born:	/* shared_claim_slot() */
	atomic {
		if
		:: !byte_locked[0] -> slot = 0
		:: else -> slot = 1
		fi;
		assert(!byte_locked[slot]);
		byte_locked[slot] = true
	}
	if
	:: DIE
	:: atomic {
		slot_generation[slot] = (slot_generation[slot] + 1) % GENERATIONS;
#ifdef NO_GENERATION
		me = slot + 1
#else
		me = slot + 1 + 4 * slot_generation[slot]
#endif
		}
	fi;
#ifndef NO_ADOPTION
	if
	:: DIE
	:: atomic { owner_of(wlock) == slot + 1 -> word = wlock }
		if
		:: DIE
		:: atomic { wlock == word -> TAKE; word = 0; adopts = true; goto recover } /* steal() */
		:: atomic { wlock != word -> word = 0 }
		fi
	:: atomic { owner_of(wlock) != slot + 1 -> skip }
	fi;
#endif

next:	/* shared_lock() */
	if
	:: atomic { record > RECORDS -> goto finished }
	:: DIE
	:: atomic { record <= RECORDS && wlock == 0 -> TAKE; goto locked } /* lock:A */
	:: atomic { record <= RECORDS && wlock != 0 -> word = wlock }
	fi;
	/* lock_slow() */
	if
	:: DIE
#ifdef STEAL_FROM_LIVING
	:: atomic { true -> skip }
#else
#ifndef NO_STEAL
	:: atomic { is_dead(word) -> skip } /* lock:C */
#endif
	/* Asleep: woken by an unlock, or looks again after PROBE_NS whether the owner lives. */
	:: atomic { wlock != word -> word = 0; goto next }
#endif
	fi;
	if
	:: DIE
	:: atomic { wlock == word -> TAKE; word = 0; goto recover } /* steal() */
	:: atomic { wlock != word -> word = 0; goto next }
	fi;

recover: /* recover(): only spoilt is stored, which sizes are computed from */
	if
	:: DIE
	:: atomic {
#ifdef INTENT_ROLLBACK
		STORES; intent = head;
#endif
		skip
		}
	fi;
	if
	:: atomic { !adopts -> skip }
	:: atomic { adopts -> adopts = false; RELEASE; goto next }
	fi;

locked:	/* append_locked(): shared_load_head(), shared_prepare() */
	if
	:: DIE
	:: atomic {
		h = head;
		assert(h <= intent && intent - h <= CAPACITY);
		n = 1 + (id + record) % 2;
#if defined(BOUNDED) && !defined(NO_ROOM_CHECK)
		if
		:: CAPACITY - (h - tail) < n -> /* -EAGAIN */
			RELEASE; h = 0; n = 0;
			goto room
		:: else
		fi
#endif
		}
	fi;
#ifndef INTENT_AFTER_COPY
	/* shared_announce() */
	if
	:: DIE
	:: atomic {
		STORES;
		if
		:: h + n > intent -> intent = h + n
		:: else
		fi
		} /* append:A */
	fi;
#endif
#ifdef HEAD_BEFORE_COPY
	atomic { STORES; head = h + n }
#endif
	do
	:: atomic { k == n -> k = 0; break }
	:: DIE
	:: atomic { k < n -> STORES; cell[(h + k) % CAPACITY] = content(record, k); k++ }
	od;
#ifdef INTENT_AFTER_COPY
	atomic { STORES; intent = (h + n > intent -> h + n : intent) }
#endif
	/* shared_publish(): append:B */
	if
	:: DIE
	:: atomic {
		STORES;
		assert(head <= h + n);
		head = h + n;
		do
		:: k < n -> published[h + k] = content(record, k); k++
		:: else -> break
		od;
		assert(record > last_record[id]);
		last_record[id] = record;
		k = 0; h = 0; n = 0
		}
	fi;
	/* shared_unlock(): lock:B */
	if
	:: DIE
	:: atomic { RELEASE; record++ }
	fi;
	goto next;

#ifdef BOUNDED
room:	/* vmap_shared_wait_room() */
	if
	:: DIE
	:: atomic { CAPACITY - (head - tail) > (id + record) % 2 -> goto next }
	fi;
#endif

died:	/* Somebody starts it again. It does not know whether its last record is in the ring, and goes on behind it. */
	atomic {
		record++; slot = NO_SLOT; me = 0; word = 0; h = 0; n = 0; k = 0; adopts = false;
		goto born
	}

finished:
	atomic { byte_locked[slot] = false; slot = NO_SLOT; me = 0; n_done++ }
}

#ifndef BOUNDED
#define window_start (intent > CAPACITY -> intent - CAPACITY : 0)

/* read_chunk() */
proctype reader()
{
	byte pos, h, start, n, k;
	byte copy[2];
	do
	:: atomic { pos < POSITIONS - 2 -> pos++ }
	:: break
	od;
	if
	:: atomic { head > pos -> h = head } /* read:B */
	:: atomic { head <= pos && n_done == 2 -> goto end }
	fi;
	atomic {
		assert(h <= intent); /* I2 of cursor.c: anything else is called damaged */
		start = window_start;
		n = (h - pos > 2 -> 2 : h - pos)
	}
	if
	:: pos < start -> goto end /* overrun */
	:: else
	fi;
	do
	:: atomic { k == n -> break }
	:: atomic { k < n -> copy[k] = cell[(pos + k) % CAPACITY]; k++ }
	od;
#ifndef NO_RECHECK
	start = window_start; /* read:A */
#endif
	atomic {
		if
		:: pos < start -> goto end
		:: else
		fi;
		k = 0;
		do
		:: k < n -> assert(copy[k] == published[pos + k]); k++
		:: else -> break
		od
	}
end:	skip
}
#else
/* vmap_shared_read() at the tail, then vmap_shared_consume() */
proctype consumer(bool mortal)
{
	byte pos, n, k;
	byte copy[2];
	do
	:: atomic { head == tail && n_done == 2 -> break }
	:: atomic { head != tail -> pos = tail }
		atomic { n = (head - pos > 2 -> 2 : head - pos) } /* read:B */
		do
		:: atomic { k == n -> k = 0; break }
		:: atomic { k < n -> copy[k] = cell[(pos + k) % CAPACITY]; k++ }
		od;
		if
		:: mortal -> break /* killed before it consumed anything */
		:: atomic {
			if
#ifdef BLIND_CONSUME
			:: true ->
#else
			:: tail == pos -> /* consume:B */
#endif
				do
				:: k < n ->
					assert(copy[k] == published[pos + k]);
					assert(pos + k == n_consumed); /* each once, and in order */
					n_consumed++;
					k++
				:: else -> break
				od;
				tail = pos + n
#ifndef BLIND_CONSUME
			:: else
#endif
			fi;
			copy[0] = 0; copy[1] = 0; pos = 0; n = 0; k = 0
			}
		fi
	od
}
#endif

init {
	atomic {
		run writer(0);
		run writer(1);
#ifdef BOUNDED
		run consumer(true);
		run consumer(false)
#else
		run reader()
#endif
	}
}
