#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lists what ringfs daemons have left on the machine: mounts, stores in memory, processes.

usage: leftovers.py RUN DIRECTORY

RUN is the value of RINGFS_TEST_RUN in the environment of everything a test run starts. A daemon
without it belongs to somebody else, and so do its mount and its store; other users' things are
left out too. Whatever is mounted below DIRECTORY is always listed.
"""

import glob
import os
import sys


def read(path):
    try:
        with open(path, 'rb') as file:
            return file.read().decode(errors='surrogateescape')
    except OSError:
        return ''


def daemons():
    """Yields (pid, command line) of every running ringfs, also under valgrind."""
    for path in glob.glob('/proc/[0-9]*'):
        words = read(path + '/cmdline').split('\0')[:-1]
        if words and (os.path.basename(words[0]) == 'ringfs' or 'valgrind' in words[0]):
            yield os.path.basename(path), words


def descriptors(pid):
    """What a process has open, by name."""
    for path in glob.glob('/proc/%s/fd/*' % pid):
        try:
            yield os.readlink(path)
        except OSError:
            pass


def mounts():
    """Yields every ringfs mountpoint of this user (root: of everybody)."""
    for line in read('/proc/self/mountinfo').splitlines():
        fields, kind = line.split(' - ', 1)
        if kind.split()[0] == 'fuse.ringfs':
            user = [word[8:] for word in kind.split()[2].split(',') if word.startswith('user_id=')]
            if os.getuid() in [0] + [int(uid) for uid in user]:
                yield fields.split()[4].encode().decode('unicode_escape')


def mine(path):
    try:
        return os.getuid() in (0, os.lstat(path).st_uid)
    except OSError:
        return False


def main():
    run, directory = sys.argv[1:]
    others_words, others_open = [], []
    for pid, words in daemons():
        if 'RINGFS_TEST_RUN=' + run in read('/proc/%s/environ' % pid).split('\0'):
            print('process %s: %s' % (pid, ' '.join(words)))
        else:
            others_words += words
            others_open += descriptors(pid)

    for mount in mounts():
        # A daemon may have been given a relative path.
        known = any(word and mount.endswith('/' + word.strip('./')) for word in others_words)
        if mount.startswith(directory) or not known:
            print('mount %s' % mount)
    for store in glob.glob('/dev/shm/ringfs-*'):
        if mine(store) and not any(name.startswith(store) for name in others_open):
            print('store %s' % store)


if __name__ == '__main__':
    main()
