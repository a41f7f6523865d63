/** A rule of the seccomp section of the OCI runtime specification (config-linux.md). */
interface Rule {
  readonly names: readonly string[];
  readonly action: "SCMP_ACT_ALLOW" | "SCMP_ACT_ERRNO";
  readonly args?: readonly Condition[];
  readonly errnoRet?: number;
}

interface Condition {
  readonly index: number;
  readonly op: "SCMP_CMP_EQ" | "SCMP_CMP_MASKED_EQ";
  readonly value: number;
  readonly valueTwo?: number;
}

/** The seccomp section of a runtime config. */
export interface SystemCallFilter {
  readonly defaultAction: "SCMP_ACT_ERRNO";
  readonly defaultErrnoRet: number;
  readonly architectures?: readonly string[];
  readonly syscalls: readonly Rule[];
}

/** System calls that a command may make with any arguments, by subject. */
const ALLOWED: Readonly<Record<string, string>> = {
  files: `access close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64 fadvise64_64
    fallocate fcntl fcntl64 fdatasync flock fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64
    ioctl lseek _llseek lstat lstat64 name_to_handle_at newfstatat open openat openat2 pipe pipe2 pread64 preadv
    preadv2 pwrite64 pwritev pwritev2 read readahead readv sendfile sendfile64 splice stat stat64 statfs statfs64 statx
    sync sync_file_range syncfs tee truncate truncate64 umask ustat vmsplice write writev`,
  names: `chdir chroot fchdir getcwd getdents getdents64 link linkat mkdir mkdirat mknod mknodat readlink readlinkat rename renameat
    listmount renameat2 rmdir statmount symlink symlinkat unlink unlinkat`,
  attributes: `chmod chown chown32 fchmod fchmodat fchmodat2 fchown fchown32 fchownat fgetxattr flistxattr
    fremovexattr fsetxattr futimesat getxattr getxattrat lchown lchown32 lgetxattr listxattr listxattrat llistxattr
    lremovexattr lsetxattr removexattr removexattrat setxattr setxattrat utime utimensat utimensat_time64 utimes`,
  watching: `epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old
    eventfd eventfd2 fanotify_mark inotify_add_watch inotify_init inotify_init1 inotify_rm_watch _newselect poll ppoll
    ppoll_time64 pselect6 pselect6_time64 select signalfd signalfd4`,
  "asynchronous reads and writes": `io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup
    io_submit`,
  memory: `brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2
    mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease
    remap_file_pages cachestat`,
  processes: `execve execveat exit exit_group fork getpgid getpgrp getpid getppid getsid gettid kill pidfd_open
    pidfd_send_signal prctl process_vm_readv process_vm_writev ptrace restart_syscall rseq set_robust_list
    get_robust_list set_tid_address setpgid setsid tgkill tkill vfork wait4 waitid waitpid pause arch_prctl
    get_thread_area set_thread_area modify_ldt`,
  users: `capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getresgid getresgid32
    getresuid getresuid32 getuid getuid32 setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups
    setgroups32 setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setuid setuid32`,
  signals: `rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
    rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaction sigaltstack signal sigpending sigprocmask sigreturn sigsuspend`,
  time: `adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
    clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep setitimer time timer_create timer_delete
    timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime
    timerfd_gettime64 timerfd_settime timerfd_settime64 times`,
  scheduling: `futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake getcpu getpriority getrlimit getrusage
    ioprio_get ioprio_set nice prlimit64 sched_getaffinity sched_getattr sched_getparam sched_get_priority_max
    sched_get_priority_min sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity
    sched_setattr sched_setparam sched_setscheduler sched_yield setpriority setrlimit ugetrlimit`,
  connections: `accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg
    recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socketpair`,
  "messages between processes": `ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend
    mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat
    shmctl shmdt shmget`,
  "limits that a process sets itself": `landlock_add_rule landlock_create_ruleset landlock_restrict_self seccomp`,
  machine: `getrandom oldolduname olduname sysinfo uname`,
  "one kind of processor": `arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush riscv_flush_icache set_tls
    get_tls s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr swapcontext sync_file_range2 uretprobe`,
};

const EPERM = 1;
const ENOSYS = 38;

/** The bits of all namespaces that `clone` can make (linux/sched.h). */
const NEW_NAMESPACES = 0x7e020000;
/** Sockets between this machine and virtual machines or their host (AF_VSOCK). */
const VIRTUAL_MACHINES = 40;
/** The execution domains that change nothing, or only how addresses and versions look (linux/personality.h). */
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];
const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  x64: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
  arm64: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
};

/**
 * Builds the filter of system calls of every command, which has the effect of Docker's default one.
 *
 * @param processor as Node names it
 */
export function systemCallFilter(processor: string = process.arch): SystemCallFilter {
  const architectures = ARCHITECTURES[processor];
  const words = Object.values(ALLOWED).flatMap((text) => text.split(/\s+/));
  return {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: EPERM,
    ...(architectures !== undefined && { architectures }),
    syscalls: [
      { names: words, action: "SCMP_ACT_ALLOW" },
      ...PERSONALITIES.map((value) => allowed("personality", { index: 0, op: "SCMP_CMP_EQ", value })),
      // What a program passes may have more bits than the kernel looks at, so "is not" is said bit by bit.
      ...[0, 1, 2, 3, 4, 5].map((bit) =>
        allowed("socket", masked(0, 1 << bit, ~VIRTUAL_MACHINES & (1 << bit))),
      ),
      allowed("clone", masked(processor === "s390x" ? 1 : 0, NEW_NAMESPACES, 0)),
      // Its flags are in memory, where no filter sees them; without it libraries call clone.
      { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: ENOSYS },
    ],
  };
}

function allowed(name: string, ...args: Condition[]): Rule {
  return { names: [name], action: "SCMP_ACT_ALLOW", args };
}

function masked(index: number, mask: number, value: number): Condition {
  return { index, op: "SCMP_CMP_MASKED_EQ", value: mask, valueTwo: value };
}
