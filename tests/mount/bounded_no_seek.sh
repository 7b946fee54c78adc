# SPDX-License-Identifier: MIT
# A bounded ring cannot be sought: lseek, pread, pwrite and their relatives give ESPIPE and move nothing.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K
py << 'PY'
from waitlib import *
path = make("queue")
fd = os.open(path, os.O_RDWR)
write_all(fd, b"0123456789")
for whence in (os.SEEK_SET, os.SEEK_CUR, os.SEEK_END, os.SEEK_DATA, os.SEEK_HOLE):
    for offset in (0, 3):
        with raises("lseek %d %d" % (offset, whence), errno.ESPIPE):
            os.lseek(fd, offset, whence)
with raises("pread", errno.ESPIPE):
    os.pread(fd, 5, 0)
with raises("pwrite", errno.ESPIPE):
    os.pwrite(fd, b"x", 0)
with raises("preadv", errno.ESPIPE):
    os.preadv(fd, [bytearray(5)], 2)
with raises("pwritev", errno.ESPIPE):
    os.pwritev(fd, [b"x"], 2)
with raises("posix_fallocate", errno.ESPIPE, errno.EOPNOTSUPP):
    os.posix_fallocate(fd, 0, 100)
created = os.open(at("other"), os.O_RDWR | os.O_CREAT, 0o644)
with raises("lseek on the open that created it", errno.ESPIPE):
    os.lseek(created, 0, os.SEEK_SET)
eq("the bytes", b"0123456789", os.read(fd, 100))
PY
stop
