from umpa.core.packet import Packet
from umpa.protocols import IP, TCP, UDP, Ethernet, Padding, Payload
