"""A machine that answers ARP and ping, in three lines.

umpa run examples/templates/first.py -i eth0          # as root; then: ping 10.0.0.5
umpa simulate examples/templates/first.py --for 1m    # no root, no network
"""

from umpa.template import endpoint, param

address = param("address", "10.0.0.5", help="an address that nobody has")
endpoint(address, mac="02:00:0a:00:00:05")
