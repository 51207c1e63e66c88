#!/bin/sh
# Becomes the first process of a machine of its own: systemd over this one's files, which are laid
# under a layer that is thrown away. Nothing of this machine's is started. Run by machine.ts in
# namespaces of its own; $1 is an empty folder, $2 the checkout, which appears as /opt/dreamos.
set -e
layer=$1
checkout=$2
mount --make-rprivate /
mount -t tmpfs tmpfs "$layer"
mkdir "$layer/upper" "$layer/work" "$layer/root"
mount -t overlay overlay \
  -o "lowerdir=/,upperdir=$layer/upper,workdir=$layer/work" "$layer/root"
cd "$layer/root"

mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for name in null zero full random urandom tty; do
  : > "dev/$name"
  mount --bind "/dev/$name" "dev/$name"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr

mkdir -p opt/dreamos
mount --bind -o ro "$checkout" opt/dreamos

rm -rf etc/systemd/system/*.wants etc/systemd/system/*.requires etc/systemd/system-generators
rm -rf usr/lib/systemd/system/*.wants usr/lib/systemd/system-generators
: > etc/fstab
printf '[Unit]\nDescription=Nothing\n' > etc/systemd/system/nothing.target

mkdir -p .old
pivot_root . .old
cd /
umount -l /.old
exec env -i container=dreamos PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --unit=nothing.target --show-status=no
