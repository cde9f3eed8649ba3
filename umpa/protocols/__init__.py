"""The protocols. Each is imported when a packet, or a person, first asks for it.

Made by `python -m tests.protocols.make_index`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from umpa.core.registry import announce
from umpa.protocols.index import CLASSES, FOLLOWS, MODULES

if TYPE_CHECKING:
    from umpa.protocols.ah import AH
    from umpa.protocols.aim import AIM
    from umpa.protocols.aoe import AoE
    from umpa.protocols.arcnet import ARCNET, LinuxARCNET
    from umpa.protocols.arp import ARP
    from umpa.protocols.bgp import BGP
    from umpa.protocols.cdp import CDP
    from umpa.protocols.cflow import NetFlow
    from umpa.protocols.chdlc import CHDLC
    from umpa.protocols.dhcp import DHCP
    from umpa.protocols.diameter import Diameter
    from umpa.protocols.dns import DNS, DNSOverTCP
    from umpa.protocols.dtp import DTP
    from umpa.protocols.edp import EDP
    from umpa.protocols.erspan import ERSPAN, ERSPAN3
    from umpa.protocols.esp import ESP
    from umpa.protocols.etherip import EtherIP
    from umpa.protocols.ethernet import Ethernet
    from umpa.protocols.fr import FrameRelay
    from umpa.protocols.geneve import Geneve
    from umpa.protocols.gre import GRE
    from umpa.protocols.gtp import GTP
    from umpa.protocols.hsrp import HSRP
    from umpa.protocols.http import HTTP
    from umpa.protocols.http2 import HTTP2, HTTP2Magic
    from umpa.protocols.icmp import ICMP
    from umpa.protocols.icmpv6 import ICMPv6
    from umpa.protocols.icmpv6_mld import MLDQuery, MLDRecord
    from umpa.protocols.icmpv6_nd import NDOptions, RedirectedHeader
    from umpa.protocols.ieee8021ah import BackboneTag
    from umpa.protocols.igmp import IGMP, IGMPQuery, IGMPRecord, IGMPReport
    from umpa.protocols.ip import IP
    from umpa.protocols.ipcomp import IPComp
    from umpa.protocols.ipoib import IPoIB
    from umpa.protocols.ipv6 import IPv6
    from umpa.protocols.ipv6_fragment import Fragment
    from umpa.protocols.ipv6_options import DestinationOptions, HopByHop
    from umpa.protocols.ipv6_routing import Routing
    from umpa.protocols.ipx import IPX
    from umpa.protocols.isl import ISL
    from umpa.protocols.juniper import Juniper
    from umpa.protocols.l2tp import L2TP
    from umpa.protocols.llc import LLC
    from umpa.protocols.macsec import MACsec
    from umpa.protocols.mpls import MPLS, PseudowireControl
    from umpa.protocols.nbdgm import NBDatagram
    from umpa.protocols.nbns import NBNS
    from umpa.protocols.nbss import NBSS
    from umpa.protocols.nflog import NFLog
    from umpa.protocols.nsh import NSH
    from umpa.protocols.ntp import NTP
    from umpa.protocols.null import Null
    from umpa.protocols.oicq import OICQ
    from umpa.protocols.ospf import OSPF
    from umpa.protocols.payload import Padding, Payload
    from umpa.protocols.pim import PIM
    from umpa.protocols.portmap import Portmap
    from umpa.protocols.ppi import PPI
    from umpa.protocols.ppp import PPP, PPPControl
    from umpa.protocols.pppoe import PPPoED, PPPoES
    from umpa.protocols.prism import Prism
    from umpa.protocols.q931 import Q931
    from umpa.protocols.radiotap import Radiotap
    from umpa.protocols.radius import RADIUS
    from umpa.protocols.raw import Raw
    from umpa.protocols.rip import RIP
    from umpa.protocols.rpc import RPC
    from umpa.protocols.rtcp import RTCP
    from umpa.protocols.rtp import RTP
    from umpa.protocols.rx import Rx
    from umpa.protocols.sctp import SCTP, SCTPChunk
    from umpa.protocols.sip import SIP
    from umpa.protocols.skinny import Skinny
    from umpa.protocols.sll import SLL
    from umpa.protocols.sll2 import SLL2
    from umpa.protocols.smb import SMB
    from umpa.protocols.snmp import SNMP
    from umpa.protocols.stp import STP
    from umpa.protocols.stun import STUN
    from umpa.protocols.tcp import TCP
    from umpa.protocols.telnet import Telnet
    from umpa.protocols.teredo import Teredo
    from umpa.protocols.tftp import TFTP
    from umpa.protocols.tls import TLS
    from umpa.protocols.tns import TNS
    from umpa.protocols.tpkt import TPKT
    from umpa.protocols.udp import UDP
    from umpa.protocols.vlan import VLAN
    from umpa.protocols.vnc import RFB
    from umpa.protocols.vrrp import VRRP
    from umpa.protocols.vxlan import VXLAN
    from umpa.protocols.vxlan_gpe import VXLANGPE
    from umpa.protocols.wlan import WLAN
    from umpa.protocols.ymsg import YHOO, YMSG

__all__ = [
    "AH",
    "AIM",
    "ARCNET",
    "ARP",
    "BGP",
    "CDP",
    "CHDLC",
    "DHCP",
    "DNS",
    "DTP",
    "EDP",
    "ERSPAN",
    "ERSPAN3",
    "ESP",
    "GRE",
    "GTP",
    "HSRP",
    "HTTP",
    "HTTP2",
    "ICMP",
    "IGMP",
    "IP",
    "IPX",
    "ISL",
    "L2TP",
    "LLC",
    "MPLS",
    "NBNS",
    "NBSS",
    "NSH",
    "NTP",
    "OICQ",
    "OSPF",
    "PIM",
    "PPI",
    "PPP",
    "Q931",
    "RADIUS",
    "RFB",
    "RIP",
    "RPC",
    "RTCP",
    "RTP",
    "SCTP",
    "SIP",
    "SLL",
    "SLL2",
    "SMB",
    "SNMP",
    "STP",
    "STUN",
    "TCP",
    "TFTP",
    "TLS",
    "TNS",
    "TPKT",
    "UDP",
    "VLAN",
    "VRRP",
    "VXLAN",
    "VXLANGPE",
    "WLAN",
    "YHOO",
    "YMSG",
    "AoE",
    "BackboneTag",
    "DNSOverTCP",
    "DestinationOptions",
    "Diameter",
    "EtherIP",
    "Ethernet",
    "Fragment",
    "FrameRelay",
    "Geneve",
    "HTTP2Magic",
    "HopByHop",
    "ICMPv6",
    "IGMPQuery",
    "IGMPRecord",
    "IGMPReport",
    "IPComp",
    "IPoIB",
    "IPv6",
    "Juniper",
    "LinuxARCNET",
    "MACsec",
    "MLDQuery",
    "MLDRecord",
    "NBDatagram",
    "NDOptions",
    "NFLog",
    "NetFlow",
    "Null",
    "PPPControl",
    "PPPoED",
    "PPPoES",
    "Padding",
    "Payload",
    "Portmap",
    "Prism",
    "PseudowireControl",
    "Radiotap",
    "Raw",
    "RedirectedHeader",
    "Routing",
    "Rx",
    "SCTPChunk",
    "Skinny",
    "Telnet",
    "Teredo",
]

announce(MODULES, FOLLOWS)


def __getattr__(name: str) -> Any:
    module = CLASSES.get(name)
    if module is None:
        raise AttributeError(f"module 'umpa.protocols' has no attribute '{name}'")
    value = globals()[name] = getattr(import_module(module), name)
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
