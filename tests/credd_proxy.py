"""A proxy between credd and mariadbd that understands just enough of the protocol to cut at a COMMIT or any statement."""
import os
import socket
import threading


class Proxy:
    """Listens on a Unix socket and passes everything on to the server's.

    `at_commit(number)` is asked at each COMMIT that a client sends and says what to do: None (pass it on), "before" (cut
    both ways, the server never sees it), "after" (pass it on, wait for the server's answer, cut without handing it over).
    `at_statement(number)` likewise, at each statement (a COMMIT is one), prepared or not.
    """
    COMMANDS = b"\x03\x16\x17\xfa"  # COM_QUERY, COM_STMT_PREPARE, COM_STMT_EXECUTE, COM_STMT_BULK_EXECUTE

    def __init__(self, path, upstream):
        self.path, self.upstream = str(path), str(upstream)
        self.at_commit = lambda number: None
        self.at_statement = lambda number: None
        self.commits = self.statements = 0
        self.cuts = {"before": 0, "after": 0}
        self.lock = threading.Lock()
        self.open = set()
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        self.listener.listen(64)
        self.ended = False
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.ended = True
        self.listener.close()
        self.cut_all()
        os.unlink(self.path)

    def cut_all(self):
        for pair in list(self.open):
            self.drop(pair)

    def accept(self):
        while not self.ended:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                server.connect(self.upstream)
            except OSError:
                client.close()
                continue
            pair = (client, server)
            self.open.add(pair)
            state = {"cut_answer": False}
            threading.Thread(target=self.requests, args=(pair, state), daemon=True).start()
            threading.Thread(target=self.answers, args=(pair, state), daemon=True).start()

    def drop(self, pair):
        self.open.discard(pair)
        for sock in pair:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def decide(self, packet):
        if packet[3] == 0 and packet[4:5] and packet[4] in self.COMMANDS:
            with self.lock:
                self.statements += 1
                verdict = self.at_statement(self.statements)
            if verdict:
                return verdict
        if len(packet) >= 32 or not (packet[4:5] == b"\x03" and packet[5:].strip(b" ;\0").upper() == b"COMMIT"):
            return None
        with self.lock:
            self.commits += 1
            verdict = self.at_commit(self.commits)
            if verdict:
                self.cuts[verdict] += 1
            return verdict

    def requests(self, pair, state):
        client, server = pair
        pending = b""
        try:
            while True:
                data = client.recv(1 << 16)
                if not data:
                    break
                pending += data
                ready = b""
                while len(pending) >= 4:
                    length = 4 + int.from_bytes(pending[:3], "little")
                    if len(pending) < length:
                        break
                    packet, pending = pending[:length], pending[length:]
                    verdict = self.decide(packet)
                    if verdict == "before":
                        server.sendall(ready)
                        return
                    if verdict == "after":
                        state["cut_answer"] = True
                    ready += packet
                server.sendall(ready)
        except OSError:
            pass
        finally:
            self.drop(pair)

    def answers(self, pair, state):
        client, server = pair
        try:
            while True:
                data = server.recv(1 << 16)
                if not data or state["cut_answer"]:
                    break
                client.sendall(data)
        except OSError:
            pass
        finally:
            self.drop(pair)
            client.close()
            server.close()
