"""Files and folders a job was not given: reading, naming, changing them."""

import ctypes
import os
import stat

from attempt import NotHere

_LIBC = ctypes.CDLL(None, use_errno=True)
_NEWNS = 0x00020000


def _text(path):
    with open(path, "rb") as file:
        return file.read(1 << 16).decode(errors="replace")


def _sealed(facts, path):
    return facts["secret"] in _text(path)


def sealed_by_name(facts):
    """reads the sealed file by its path"""
    return _sealed(facts, facts["sealed"])


def sealed_by_listing(facts):
    """lists the sealed folder"""
    return os.listdir(os.path.dirname(facts["sealed"]))


def sealed_by_size(facts):
    """asks for size and time of the sealed file"""
    return os.stat(facts["sealed"]).st_size


def sealed_by_symbolic_link(facts):
    """reads the sealed file through a symbolic link in its own folder"""
    os.symlink(facts["sealed"], "soft")
    return _sealed(facts, "soft")


def sealed_by_hard_link(facts):
    """gives the sealed file a second name in its own folder and reads that"""
    os.link(facts["sealed"], "hard")
    return _sealed(facts, "hard")


def sealed_by_parent_folders(facts):
    """climbs out of its folder by `..`"""
    return _sealed(facts, os.path.relpath(facts["sealed"], os.getcwd()))


def sealed_by_root_of_first_process(facts):
    """reads through /proc/1/root"""
    return _sealed(facts, "/proc/1/root" + facts["sealed"])


def sealed_by_own_root(facts):
    """reads through /proc/self/root"""
    return _sealed(facts, "/proc/self/root" + facts["sealed"])


def sealed_by_folder_of_another_process(facts):
    """reads through the working folder of a process that stands in the sealed folder"""
    return _sealed(facts, f"/proc/{facts['victim']}/cwd/{os.path.basename(facts['sealed'])}")


def sealed_by_file_of_another_process(facts):
    """reads through a file that another process holds open"""
    return _sealed(facts, f"/proc/{facts['victim']}/fd/{facts['victim_fd']}")


def sealed_by_inherited_file(facts):
    """looks through every file it was started with for one of the sealed folder"""
    for fd in range(3, 1024):
        try:
            if facts["secret"].encode() in os.pread(fd, 4096, 0):
                return f"file {fd}"
        except OSError:
            continue
    return None


def sealed_by_file_handle(facts):
    """opens the sealed file by the number the file system knows it by"""
    handle = bytes.fromhex(facts["handle"])
    if not handle:
        raise NotHere("the file system has no handles")
    kept = ctypes.create_string_buffer(handle, len(handle))
    at = os.open(".", os.O_RDONLY)
    fd = _LIBC.open_by_handle_at(at, kept, os.O_RDONLY)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "open_by_handle_at")
    return facts["secret"].encode() in os.read(fd, 4096)


def sealed_by_bind_mount(facts):
    """mounts the sealed folder into its own folder"""
    os.mkdir("mounted")
    if _LIBC.unshare(_NEWNS):
        raise OSError(ctypes.get_errno(), "unshare")
    _LIBC.mount(None, b"/", None, ctypes.c_ulong(16384 | 1 << 18), None)
    source = os.path.dirname(facts["sealed"]).encode()
    if _LIBC.mount(source, b"mounted", None, ctypes.c_ulong(4096), None):
        raise OSError(ctypes.get_errno(), "mount")
    return _sealed(facts, "mounted/" + os.path.basename(facts["sealed"]))


def sealed_by_leaving_a_changed_root(facts):
    """changes its root folder to climb out above it"""
    os.mkdir("cell")
    os.chroot("cell")
    return _sealed(facts, "../" * 30 + facts["sealed"].lstrip("/"))


def disk_by_device_node(facts):
    """makes a device node of the disk and reads from it"""
    device = facts["device"]
    os.mknod("disk", stat.S_IFBLK | 0o600, device)
    try:
        fd = os.open("disk", os.O_RDONLY)
    except OSError as error:
        if error.errno == 6:
            raise NotHere("the file system is on no block device") from error
        raise
    return len(os.pread(fd, 512, 0)) == 512


def disk_by_name(facts):
    """reads from the disk below /dev"""
    for name in os.listdir("/dev"):
        found = os.stat("/dev/" + name)
        if stat.S_ISBLK(found.st_mode):
            return len(os.pread(os.open("/dev/" + name, os.O_RDONLY), 512, 0)) == 512
    raise NotHere("there is no block device")


def password_file(facts):
    """reads the system's password hashes"""
    if facts["outside"] and not os.path.exists("/etc/shadow"):
        raise NotHere("there is no /etc/shadow")
    return _text("/etc/shadow")


def home_folder(facts):
    """lists the home folder of the user"""
    return facts["home_entry"] in os.listdir(facts["home"])


def kernel_memory(facts):
    """reads the memory of the kernel by /proc/kcore"""
    if facts["outside"] and not os.path.exists("/proc/kcore"):
        raise NotHere("the kernel has no /proc/kcore")
    return len(os.pread(os.open("/proc/kcore", os.O_RDONLY), 64, 0))


def kernel_settings(facts):
    """writes a kernel setting, what to run on a crash, as it is"""
    path = "/proc/sys/kernel/core_pattern"
    text = _text(path)
    with open(path, "w") as file:
        file.write(text)
    return text


def kernel_objects(facts):
    """reads what sysfs shows of the kernel"""
    return os.listdir("/sys/kernel") and os.listdir("/sys/class")


def outside_temporary_files(facts):
    """lists the machine's folder for temporary files"""
    return os.path.basename(facts["temporary"]) in os.listdir(os.path.dirname(facts["temporary"]))


def left_in_temporary_files(facts):
    """leaves a file in the machine's folder for temporary files"""
    with open(facts["left"], "w") as file:
        file.write("x")


def check_left_in_temporary_files(facts):
    there = os.path.exists(facts["left"])
    if there:
        os.unlink(facts["left"])
    return there


def _writable(folder):
    path = os.path.join(folder, "relift_probe_marker.txt")
    with open(path, "w") as file:
        file.write("x")
    os.unlink(path)
    return path


def change_installed_packages(facts):
    """puts a file among the installed Python packages"""
    return _writable(facts["site_packages"])


def change_standard_library(facts):
    """puts a file into Python's standard library"""
    return _writable(os.path.dirname(os.__file__))


def change_programs(facts):
    """puts a file among the system's programs"""
    return _writable("/usr/bin")


def change_root_folder(facts):
    """puts a file into the root folder"""
    return _writable("/")


def change_own_source(facts):
    """changes the folder that its own source text is in"""
    return _writable(facts["externals"])


def change_inputs(facts):
    """appends to its own input file"""
    with open("../in/" + os.listdir("../in")[0], "ab") as file:
        file.write(b"x")
    return True


def replace_inputs(facts):
    """puts another file in the place of its own input"""
    open("other", "w").close()
    os.replace("other", "../in/" + os.listdir("../in")[0])
    return True


def read_another_run(facts):
    """reads what another run has staged"""
    return _sealed(facts, facts["other_run"])


def list_other_runs(facts):
    """lists the folder that holds all runs"""
    other = os.path.dirname(facts["other_run"])
    return os.path.basename(other) in os.listdir(os.path.dirname(other))


def change_another_run(facts):
    """puts a file into what another run has staged"""
    return _writable(os.path.dirname(facts["other_run"]))


def parent_environment(facts):
    """reads the environment of the program that started it"""
    return facts["variable"] in _text(f"/proc/{facts['starter']}/environ")


def ancestors_environment(facts):
    """reads the environment of its parent and of the first process"""
    for pid in (os.getppid(), 1):
        if _text(f"/proc/{pid}/environ"):
            return pid
    return None


def own_environment(facts):
    """finds variables of the starting program in its own environment"""
    return any(facts["variable"] in f"{key}={value}" for key, value in os.environ.items())


def loader_variables(facts):
    """finds variables that steer the loader or Python left in its environment"""
    return [key for key in os.environ if key.startswith("LD_")]


def run_program_it_wrote(facts):
    """copies a program into its own folder and runs it"""
    import shutil
    import subprocess

    shutil.copy("/bin/true", "mine")
    os.chmod("mine", 0o755)
    return subprocess.run(["./mine"]).returncode == 0


def run_program_in_memory(facts):
    """runs a program from memory that is no file"""
    fd = os.memfd_create("mine")
    os.write(fd, open("/bin/true", "rb").read())
    pid = os.fork()
    if pid == 0:
        try:
            os.execve(fd, ["mine"], {})
        finally:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0
