#!/usr/bin/python3
"""A one-disk OpenStack Swift that answers S3 requests, for tests.

    swift-s3.py FOLDER

Runs memcached and Swift's four servers on free ports of 127.0.0.1, with all state in FOLDER, which
must be on a file system with extended attributes. Prints one line of JSON once every server takes
connections; ends, and takes the servers with it, when its standard input ends. So nothing is left
running after whoever started it, however that ended.
"""

import getpass
import importlib
import json
import os
import socket
import subprocess
import sys
import time

REGION = "us-east-1"
ACCOUNT, USER, PASSWORD = "tests", "writer", "not-a-secret"
LAYERS = ("account", "container", "object")
# What a request passes on its way to the proxy itself, outermost first.
FILTERS = {
    "catch_errors": {},
    "gatekeeper": {},
    "cache": {"use": "egg:swift#memcache"},
    "listing_formats": {},
    "s3api": {"location": REGION},
    "tempauth": {f"user_{ACCOUNT}_{USER}": f"{PASSWORD} .admin"},
    "slo": {},
}


def free_ports(count):
    """Ports that nobody listens on, different from each other."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def write_ini(path, sections):
    with open(path, "w") as file:
        for title, values in sections.items():
            file.write(f"[{title}]\n")
            file.writelines(f"{key} = {value}\n" for key, value in values.items())


def common(folder, port):
    return {
        "bind_ip": "127.0.0.1",
        "bind_port": port,
        "workers": 0,
        "user": getpass.getuser(),
        "swift_dir": folder,
        "devices": os.path.join(folder, "devices"),
        "mount_check": "false",
        "fallocate_reserve": 0,
    }


def write_ring(folder, layer, port):
    """A ring says which disks hold what; here one disk holds everything, once."""
    from swift.common.ring import RingBuilder

    builder = RingBuilder(part_power=2, replicas=1, min_part_hours=0)
    where = {"region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "disk"}
    builder.add_dev({**where, "id": 0, "weight": 1.0, "meta": ""})
    builder.rebalance()
    builder.get_ring().save(os.path.join(folder, f"{layer}.ring.gz"))


def write_configuration(folder, ports):
    for layer in LAYERS:
        app = f"{layer}-server"
        write_ini(
            os.path.join(folder, f"{layer}.conf"),
            {
                "DEFAULT": common(folder, ports[layer]),
                "pipeline:main": {"pipeline": app},
                f"app:{app}": {"use": f"egg:swift#{layer}"},
            },
        )
        write_ring(folder, layer, ports[layer])
    filters = {
        f"filter:{name}": {"use": f"egg:swift#{name}", **values} for name, values in FILTERS.items()
    }
    filters["filter:cache"]["memcache_servers"] = f"127.0.0.1:{ports['memcached']}"
    write_ini(
        os.path.join(folder, "proxy.conf"),
        {
            "DEFAULT": common(folder, ports["proxy"]),
            "pipeline:main": {"pipeline": " ".join([*FILTERS, "proxy-server"])},
            **filters,
            "app:proxy-server": {"use": "egg:swift#proxy", "account_autocreate": "true"},
        },
    )


def fork_server(folder, layer):
    """The modules are loaded already: a fork costs milliseconds, a new interpreter a second."""
    child = os.fork()
    if child:
        return child
    log = os.open(os.path.join(folder, f"{layer}.log"), os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(0)
    from swift.common.wsgi import run_wsgi

    status = run_wsgi(os.path.join(folder, f"{layer}.conf"), f"{layer}-server", global_conf={})
    os._exit(status or 0)


def wait_for(port):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"nothing listens on port {port}")


def main():
    folder = os.path.abspath(sys.argv[1])
    os.makedirs(os.path.join(folder, "devices", "disk"))
    write_ini(
        os.path.join(folder, "swift.conf"),
        {
            "swift-hash": {"swift_hash_path_prefix": "a", "swift_hash_path_suffix": "z"},
            "storage-policy:0": {"name": "single", "default": "yes"},
        },
    )
    from swift.common import utils

    utils.set_swift_dir(folder)
    names = (*LAYERS, "proxy", "memcached")
    ports = dict(zip(names, free_ports(len(names))))
    write_configuration(folder, ports)
    for module in ("obj", "container", "account", "proxy"):
        importlib.import_module(f"swift.{module}.server")

    memcached = subprocess.Popen(
        ["memcached", "-u", getpass.getuser(), "-l", "127.0.0.1", "-p", str(ports["memcached"])],
        stdin=subprocess.DEVNULL,
    )
    servers = [memcached.pid]
    try:
        servers += [fork_server(folder, layer) for layer in (*LAYERS, "proxy")]
        for port in ports.values():
            wait_for(port)
        ready = {
            "endpoint": f"http://127.0.0.1:{ports['proxy']}",
            "region": REGION,
            "accessKeyId": f"{ACCOUNT}:{USER}",
            "secretAccessKey": PASSWORD,
        }
        print(json.dumps(ready), flush=True)
        sys.stdin.read()
    finally:
        for server in servers:
            os.kill(server, 9)
            os.waitpid(server, 0)


main()
