"""The service manager's part in socket activation: it keeps sockets, and starts credd with them."""
import fcntl
import os
import socket
import subprocess


def path_socket(path):
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.bind(str(path))
    made.listen(64)
    return made


def port_socket(host="127.0.0.1"):
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    made.bind((host, 0))
    made.listen(64)
    return made


class Manager:
    """`listeners`: (FileDescriptorName=, socket), in the order in which they are passed."""

    def __init__(self, credd, *listeners):
        self.credd, self.listeners = credd, list(listeners)

    def _pass(self):
        # First out of the way of each other.
        aside = [fcntl.fcntl(listener.fileno(), fcntl.F_DUPFD, 100) for _, listener in self.listeners]
        for number, fd in enumerate(aside):
            os.dup2(fd, 3 + number, inheritable=True)
            os.close(fd)

    def start(self):
        (self.credd.home / "state").mkdir(exist_ok=True)
        env = {**self.credd.environment(), "LISTEN_FDS": str(len(self.listeners)),
               "LISTEN_FDNAMES": ":".join(name for name, _ in self.listeners)}
        env_line = " ".join(f"{key}='{value}'" for key, value in env.items())
        with open(self.credd.home / "stderr", "ab") as err:
            self.credd.process = subprocess.Popen(
                ["/bin/sh", "-c", f"exec env -i {env_line} LISTEN_PID=$$ {' '.join(self.credd.command())}"],
                stdin=subprocess.DEVNULL, stderr=err, close_fds=False, preexec_fn=self._pass)

    def nobody_waits(self):
        """Whether no connection is left in any of its sockets, for which it would start credd again."""
        for _, listener in self.listeners:
            listener.setblocking(False)
            try:
                listener.accept()[0].close()
                return False
            except BlockingIOError:
                pass
        return True
