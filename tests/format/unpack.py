#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: unpack.py GOLDEN.txt FILE"""
import base64
import sys
import zlib

with open(sys.argv[1]) as text:
    packed = "".join(line for line in text if not line.startswith("#"))
with open(sys.argv[2], "wb") as file:
    file.write(zlib.decompress(base64.b64decode(packed)))
