# SPDX-License-Identifier: MIT
"""inotify_reader.py watchdog|pyinotify RING: copies what a ring gets to stdout, and reads only when an event says so."""
import os
import sys

LIBRARY, RING = sys.argv[1:]
ring = open(RING, "rb", buffering=0)


def catch_up():
    while data := ring.read(8192):
        os.write(1, data)


def follow_by_watchdog():
    from watchdog.events import FileSystemEventHandler
    from watchdog.observers.inotify import InotifyObserver

    class Handler(FileSystemEventHandler):
        def on_modified(self, event):
            if event.src_path == RING:
                catch_up()

    observer = InotifyObserver()
    observer.schedule(Handler(), os.path.dirname(RING))
    observer.start()
    print("ready", file=sys.stderr, flush=True)
    observer.join()


def follow_by_pyinotify():
    import pyinotify

    manager = pyinotify.WatchManager()
    notifier = pyinotify.Notifier(manager, lambda event: catch_up())
    manager.add_watch(RING, pyinotify.IN_MODIFY)
    print("ready", file=sys.stderr, flush=True)
    notifier.loop()


{"watchdog": follow_by_watchdog, "pyinotify": follow_by_pyinotify}[LIBRARY]()
