/* SPDX-License-Identifier: MIT */
/*
 * Locking out a writer that lives and does not go on: core/src/shared/reshape.c (reshape with lock_out, move_ring) and
 * what writers do about it in lock.c (settle_state, shared_unlock).
 *
 * Two writers append to a full ring and find it again when it has moved; two servers move it without the writer lock,
 * at any time, and may be killed before any step. That a writer is stopped is one of the interleavings. Writers that
 * die are in append.pml.
 *
 * Asserted: what was appended with success is in the ring in force, at any time; what the new part keeps of the old
 * one was not being overwritten; what a reader has seen is in the ring in force. Nobody waits for ever.
 *
 * With END one of the servers tells an end, which settles what a killed one has begun (announce_end() in attach.c).
 *
 * Each of these takes a rule away, and must be found: NO_TELLING NO_SHAPE_PROBE NO_SECOND_LOOK NO_RECHECK NO_SHAPE_LOCK,
 * with READER: NO_MOVED_HEAD, and with END: NO_SHAPE_FOR_END NO_LOOK_FOR_END.
 */
#ifndef CRASHES
#define CRASHES 2
#endif
#define PARTS 3
#ifndef APPENDS
#define APPENDS 2
#endif
#define NOBODY 4

byte crashes = CRASHES;
byte geometry;           /* the part of the file that is the ring */
byte shape_owner = NOBODY; /* a byte lock: the kernel's */
byte n_done;

/* Of each part: */
byte wlock[PARTS];
bool moved[PARTS];       /* the state */
byte records[PARTS];     /* what is below head, a bit for each append */
byte moved_records[PARTS]; /* and below moved_head */
bool overwriting[PARTS]; /* intent: the oldest cell is not to be believed */
bool oldest_is_gone[PARTS];

byte acknowledged;       /* appends that returned success */
byte seen;               /* those that were read */

#define DIE atomic { crashes > 0 -> \
		crashes--; \
		if \
		:: shape_owner == id -> shape_owner = NOBODY \
		:: else \
		fi; \
		goto died \
	}
#define HOLDS assert(((acknowledged | seen) & records[geometry]) == (acknowledged | seen))

proctype writer(byte id)
{
	byte part, n;
again:
	if
	:: atomic { n == APPENDS -> goto finished }
	:: atomic { n < APPENDS && wlock[part] == 0 -> wlock[part] = id + 1 }
	:: atomic { n < APPENDS && geometry != part && moved[part] -> goto stale }
	fi;
	/* settle_state() */
	if
	:: atomic { !moved[part] -> goto locked }
	:: atomic { moved[part] -> skip }
	fi;
	if
	:: atomic { geometry != part -> goto unlock_stale }
	:: atomic { geometry == part -> skip }
	fi;
#ifndef NO_SHAPE_PROBE
	if
	:: atomic { shape_owner == NOBODY -> shape_owner = id }
	:: atomic { shape_owner != NOBODY -> wlock[part] = 0 }
		atomic { shape_owner == NOBODY || !moved[part] -> goto again }
	fi;
#ifndef NO_SECOND_LOOK
	if
	:: atomic { geometry != part -> shape_owner = NOBODY; goto unlock_stale }
	:: atomic { geometry == part -> skip }
	fi;
#endif
#endif
	moved[part] = false;
#ifndef NO_SHAPE_PROBE
	shape_owner = NOBODY;
#endif
locked:
	overwriting[part] = true;
	oldest_is_gone[part] = true;
	atomic { records[part] = records[part] | (1 << (id * APPENDS + n)) }
	/* shared_unlock() */
	wlock[part] = 0;
	if
	:: atomic { !moved[part] -> acknowledged = acknowledged | (1 << (id * APPENDS + n)); HOLDS }
#ifdef NO_TELLING
	:: atomic { moved[part] && geometry == part -> acknowledged = acknowledged | (1 << (id * APPENDS + n)) }
	:: atomic { moved[part] && geometry != part -> skip }
#else
	:: atomic { moved[part] -> skip } /* -ESTALE: it may be in the ring */
#endif
	fi;
	n++;
	goto again;

unlock_stale:
	wlock[part] = 0;
stale:	/* vmap_shared_reattach() */
	part = geometry;
	goto again;

finished:
	atomic { n_done++ }
}

/* vmap_shared_revoke() */
proctype server(byte id)
{
	byte part, to, kept;
	bool keeps_oldest, copy_is_good;
#ifndef NO_SHAPE_LOCK
	if
	:: DIE
	:: atomic { shape_owner == NOBODY -> shape_owner = id }
	fi;
	if
	:: atomic { geometry != part -> goto unlock } /* somebody else did it */
	:: atomic { geometry == part -> skip }
	fi;
#endif
	/* freeze() */
	if
	:: DIE
	:: atomic { moved_records[part] = records[part] }
	fi;
	if
	:: DIE
	:: atomic { moved[part] = true } /* move:A */
	fi;
	/* find_contents() */
	if
	:: DIE
	:: atomic { kept = records[part]; keeps_oldest = !overwriting[part] }
	fi;
	if
	:: DIE
	:: atomic { moved_records[part] = kept }
	fi;
	/* copy_data() */
	atomic { copy_is_good = !oldest_is_gone[part] }
#ifndef NO_RECHECK
	atomic { keeps_oldest = keeps_oldest && !overwriting[part] }
#endif
	if
	:: DIE
	:: atomic { to = part + 1; records[to] = kept; moved[to] = false; wlock[to] = 0 }
	fi;
	if
	:: DIE
	:: atomic { geometry = to; assert(!keeps_oldest || copy_is_good); HOLDS }
	fi;
	if
	:: DIE
	:: atomic { wlock[part] = 0 } /* who waits finds the state */
	fi;
unlock:
	if
	:: DIE
#ifndef NO_SHAPE_LOCK
	:: atomic { shape_owner == id -> shape_owner = NOBODY }
#else
	:: skip
#endif
	fi;
died:	skip
}

#ifdef END
proctype teller(byte id)
{
	byte part;
#ifndef NO_SHAPE_FOR_END
	if
	:: DIE
	:: atomic { shape_owner == NOBODY -> shape_owner = id }
	:: atomic { shape_owner != NOBODY -> goto died } /* it is told again later */
	fi;
#endif
	/* shared_check_state_slow(), shared_settle() */
	if
	:: DIE
#ifndef NO_LOOK_FOR_END
	:: atomic { geometry != part -> goto unlock }
	:: atomic { geometry == part -> skip }
#else
	:: skip
#endif
	fi;
	if
	:: DIE
	:: atomic { moved[part] = false }
	fi;
unlock:
	if
	:: DIE
	:: atomic { shape_owner == id -> shape_owner = NOBODY }
	:: atomic { shape_owner != id -> skip }
	fi;
died:	skip
}
#endif

#ifdef READER
/* read_chunk(), twice, in the ring in force or the one it was */
proctype reader()
{
	byte part, found, n;
	do
	:: atomic { n == 2 -> break }
	:: atomic { n < 2 -> n++; found = records[part] } /* shared_visible_head() */
		if
#ifndef NO_MOVED_HEAD
		:: atomic { moved[part] -> skip }
			found = found & moved_records[part]
#endif
		:: atomic { !moved[part] -> skip }
#ifdef NO_MOVED_HEAD
		:: atomic { moved[part] -> skip }
#endif
		fi;
		/* shared_check_state(), behind the copy */
		if
		:: atomic { !moved[part] || geometry == part -> seen = seen | found; HOLDS }
		:: atomic { moved[part] && geometry != part -> part = geometry } /* -ESTALE */
		fi;
		found = 0
	:: atomic { n < 2 && geometry != part -> part = geometry }
	od
}

#endif

init {
	atomic {
#ifdef READER
		run reader();
#endif
		run writer(0);
		run writer(1);
		run server(2);
#ifdef END
		run teller(3)
#else
		run server(3)
#endif
	}
}
