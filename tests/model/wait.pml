/* SPDX-License-Identifier: MIT */
/*
 * Sleeping on a shared ring and being woken: core/src/shared/wait.c (wait_counted and shared_wake), and with -DLOCK the
 * sleepers of the writer lock in lock.c (lock_slow and shared_unlock).
 *
 * All sleep in the code is bounded. Here it is not, until a process has been killed: so a wake-up that is lost without
 * that is a process which sleeps for ever, an invalid end state, although in the code it would be a delay.
 *
 * Each of these takes a rule away, and must be found: COUNT_AFTER_LOOK WAKE_BEFORE_PUBLISH SEEN_AFTER_LOOK
 * ENDLESS_SLEEP, and with LOCK: NO_WAITERS_BIT BIT_NOT_KEPT HANDOFF_NOT_WOKEN HANDOFF_TO_SLEEPERS_ONLY ENDLESS_SLEEP.
 */
#ifndef CRASHES
#define CRASHES 1
#endif
#define PROCESSES 4
#define WAITERS 128
#define HANDOFF 64

byte crashes = CRASHES;
byte word;               /* what the futex is: data_seq, or the lock */
bool asleep[PROCESSES];

#ifdef ENDLESS_SLEEP
#define may_time_out false
#else
#define may_time_out (crashes < CRASHES)
#endif
#define DIE atomic { crashes > 0 -> crashes--; goto died }
/* FUTEX_WAIT: the kernel compares and lies down in one step. */
#define FUTEX_WAIT(value) \
	atomic { \
		if \
		:: word == (value) -> asleep[_pid - 1] = true \
		:: else \
		fi \
	} \
	atomic { !asleep[_pid - 1] || may_time_out -> asleep[_pid - 1] = false }

#ifndef LOCK
#define APPENDS 2

byte head;
byte waiters;            /* data_waiters */

proctype appender()
{
	byte n;
	do
	:: atomic { n == APPENDS -> break }
	:: atomic { n < APPENDS -> n++ }
#ifdef WAKE_BEFORE_PUBLISH
		if
		:: atomic { waiters == 0 -> skip }
		:: atomic { waiters != 0 -> word++; asleep[0] = false; asleep[1] = false; asleep[2] = false; asleep[3] = false }
		fi;
		head++
#else
		if
		:: DIE
		:: head++
		fi;
		/* shared_wake(): wake:A */
		if
		:: DIE
		:: atomic { waiters == 0 -> skip }
		:: atomic { waiters != 0 -> skip }
			if
			:: DIE
			:: word++
			fi;
			if
			:: DIE
			:: atomic { asleep[0] = false; asleep[1] = false; asleep[2] = false; asleep[3] = false }
			fi
		fi
#endif
	od;
died:	skip
}

/* Reads as far as the living writers write, and sleeps where there is nothing. */
proctype sleeper()
{
	byte cursor, seen;
	do
	:: atomic { cursor == 2 * APPENDS || (crashes < CRASHES && cursor == head) -> break }
	:: atomic { cursor < head -> cursor++ }
	:: atomic { cursor == head && cursor < 2 * APPENDS -> skip }
#ifndef COUNT_AFTER_LOOK
		waiters++; /* wait:A */
#endif
		do
#ifdef SEEN_AFTER_LOOK
		:: atomic { head != cursor -> break }
		:: atomic { head == cursor -> skip }
			seen = word;
#else
		:: seen = word;
			if
			:: atomic { head != cursor || crashes < CRASHES -> break }
			:: atomic { head == cursor -> skip }
			fi;
#endif
#ifdef COUNT_AFTER_LOOK
			waiters++;
#endif
			FUTEX_WAIT(seen);
#ifdef COUNT_AFTER_LOOK
			waiters--
#endif
		od;
		atomic {
#ifndef COUNT_AFTER_LOOK
			waiters--;
#endif
			seen = 0
		}
	od
}

init {
	atomic {
		run appender();
		run appender();
		run sleeper();
		run sleeper()
	}
}

#else
#define ROUNDS 2

bool dead[PROCESSES];    /* its byte lock is free */
byte inside;

#define me (_pid)
#define owner_of(w) ((w) & 63)

#define DIE_INSIDE atomic { crashes > 0 -> crashes--; inside--; dead[_pid - 1] = true; goto died }
#define DIE_OUTSIDE atomic { crashes > 0 -> crashes--; dead[_pid - 1] = true; goto died }

proctype locker()
{
	byte n, w, left;
	bool has_slept;
	do
	:: atomic { n == ROUNDS -> break }
	:: atomic { n < ROUNDS -> n++ }
		/* shared_lock(), and the spinning of lock_slow() */
		if
		:: atomic { word == 0 -> word = me; inside++ }
			goto locked
		:: atomic { word != 0 -> skip }
		fi;
		do
		:: w = word;
			if
			:: atomic { owner_of(w) == 0 && (has_slept || !(w & HANDOFF)) -> skip }
				/* Others may sleep: the bit stays. */
				if
#ifdef BIT_NOT_KEPT
				:: atomic { word == w -> word = me; inside++; break }
#else
				:: atomic { word == w -> word = me | WAITERS; inside++; break }
#endif
				:: atomic { word != w -> skip }
				fi
			:: atomic { owner_of(w) == 0 && !has_slept && (w & HANDOFF) -> skip }
				/* It is kept for a sleeper, which may have been killed. */
				FUTEX_WAIT(w)
#ifndef HANDOFF_TO_SLEEPERS_ONLY
				has_slept = true
#endif
			:: atomic { owner_of(w) != 0 && dead[owner_of(w) - 1] -> skip }
				if
				:: atomic { word == w -> word = me | WAITERS; inside++; break } /* steal() */
				:: atomic { word != w -> skip }
				fi
			:: atomic { owner_of(w) != 0 && !dead[owner_of(w) - 1] -> skip }
#ifndef NO_WAITERS_BIT
				/* Starved at any time, for here there are no clocks. */
				if
				:: left = w | WAITERS
				:: left = w | WAITERS | HANDOFF
				fi;
				if
				:: atomic { w == left || word == w -> word = (word == w -> left : word) }
					FUTEX_WAIT(left)
					has_slept = true
				:: atomic { w != left && word != w -> skip }
				fi
#else
				FUTEX_WAIT(w)
#endif
			fi
		od;
locked:		assert(inside == 1);
		if
		:: DIE_INSIDE
		:: atomic { inside--; w = word; word = (w & HANDOFF -> HANDOFF | WAITERS : 0) } /* lock:B */
		fi;
		/* shared_unlock() wakes one. */
		if
		:: DIE_OUTSIDE
#ifdef HANDOFF_NOT_WOKEN
		:: atomic { w & HANDOFF -> skip }
#endif
		:: atomic { !(w & WAITERS) -> skip }
		:: atomic { (w & WAITERS) && asleep[0] -> asleep[0] = false }
		:: atomic { (w & WAITERS) && asleep[1] -> asleep[1] = false }
		:: atomic { (w & WAITERS) && asleep[2] -> asleep[2] = false }
		:: atomic { (w & WAITERS) && !asleep[0] && !asleep[1] && !asleep[2] -> skip }
		fi;
		w = 0; left = 0; has_slept = false
	od;
died:	skip
}

init {
	atomic {
		run locker();
		run locker();
		run locker()
	}
}
#endif
