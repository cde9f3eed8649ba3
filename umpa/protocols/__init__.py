"""The protocols. Importing this module registers them all."""

from __future__ import annotations

from umpa.protocols.ah import AH
from umpa.protocols.arp import ARP
from umpa.protocols.erspan import ERSPAN, ERSPAN3
from umpa.protocols.esp import ESP
from umpa.protocols.ethernet import Ethernet
from umpa.protocols.geneve import Geneve
from umpa.protocols.gre import GRE
from umpa.protocols.icmp import ICMP
from umpa.protocols.icmpv6 import ICMPv6
from umpa.protocols.icmpv6_mld import MLDQuery, MLDRecord
from umpa.protocols.icmpv6_nd import NDOptions
from umpa.protocols.igmp import IGMP, IGMPQuery, IGMPRecord, IGMPReport
from umpa.protocols.ip import IP
from umpa.protocols.ipcomp import IPComp
from umpa.protocols.ipv6 import IPv6
from umpa.protocols.ipv6_fragment import Fragment
from umpa.protocols.ipv6_options import DestinationOptions, HopByHop
from umpa.protocols.ipv6_routing import Routing
from umpa.protocols.llc import LLC
from umpa.protocols.mpls import MPLS, PseudowireControl
from umpa.protocols.null import Null
from umpa.protocols.payload import Padding, Payload
from umpa.protocols.ppp import PPP, PPPControl
from umpa.protocols.pppoe import PPPoED, PPPoES
from umpa.protocols.raw import Raw
from umpa.protocols.sctp import SCTP, SCTPChunk
from umpa.protocols.sll import SLL
from umpa.protocols.sll2 import SLL2
from umpa.protocols.tcp import TCP
from umpa.protocols.udp import UDP
from umpa.protocols.vlan import VLAN
from umpa.protocols.vxlan import VXLAN
from umpa.protocols.vxlan_gpe import VXLANGPE

__all__ = [
    "AH",
    "ARP",
    "ERSPAN",
    "ERSPAN3",
    "ESP",
    "GRE",
    "ICMP",
    "IGMP",
    "IP",
    "LLC",
    "MPLS",
    "PPP",
    "SCTP",
    "SLL",
    "SLL2",
    "TCP",
    "UDP",
    "VLAN",
    "VXLAN",
    "VXLANGPE",
    "DestinationOptions",
    "Ethernet",
    "Fragment",
    "Geneve",
    "HopByHop",
    "ICMPv6",
    "IGMPQuery",
    "IGMPRecord",
    "IGMPReport",
    "IPComp",
    "IPv6",
    "MLDQuery",
    "MLDRecord",
    "NDOptions",
    "Null",
    "PPPControl",
    "PPPoED",
    "PPPoES",
    "Padding",
    "Payload",
    "PseudowireControl",
    "Raw",
    "Routing",
    "SCTPChunk",
]
