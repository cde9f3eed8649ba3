from umpa.protocols.ethernet import Ethernet
from umpa.protocols.ip import IP
from umpa.protocols.payload import Padding, Payload
from umpa.protocols.tcp import TCP
from umpa.protocols.udp import UDP
