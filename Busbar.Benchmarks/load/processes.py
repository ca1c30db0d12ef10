"""Starting, stopping and reading the processes under test."""
import os
import socket
import subprocess
import time

running = []


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(command, stderr=subprocess.DEVNULL, **environment):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stderr, env={**os.environ, **environment})
    running.append(process)
    return process


def stop(process):
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    running.remove(process)


def stop_all():
    for process in list(running):
        stop(process)


def until_serving(process, port, path="/healthz", limit=10.0):
    """Seconds until the first 200, or None when the process ends or the limit passes."""
    begin = time.perf_counter()
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    while time.perf_counter() - begin < limit:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as s:
                s.sendall(request)
                if s.recv(4096).startswith(b"HTTP/1.1 200"):
                    return time.perf_counter() - begin
        except OSError:
            if process.poll() is not None:
                return None
        time.sleep(0.0003)
    return None


def family(pid):
    """The process and its children."""
    found = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as f:
            for child in f.read().split():
                found += family(int(child))
    return found


def cpu(pid):
    """Nanoseconds on a CPU so far, by thread."""
    times = {}
    for member in family(pid):
        for task in os.listdir(f"/proc/{member}/task"):
            try:
                with open(f"/proc/{member}/task/{task}/schedstat") as f:
                    times[task] = int(f.read().split()[0])
            except OSError:
                pass  # a thread that ended between the listing and the read
    return times


def cpu_since(pid, before):
    """Microseconds on a CPU since `before` was read."""
    return sum(t - before.get(task, 0) for task, t in cpu(pid).items()) / 1e3


def status(pid, field):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith(field))


def rss(pid):
    """MiB resident, children included."""
    return sum(status(member, "VmRSS") for member in family(pid)) / 1024


def reset_peak(pid):
    with open(f"/proc/{pid}/clear_refs", "w") as f:
        f.write("5")


def peak(pid):
    """MiB resident at most since `reset_peak`."""
    return status(pid, "VmHWM") / 1024


def threads(pid):
    return status(pid, "Threads")


def handles(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))
