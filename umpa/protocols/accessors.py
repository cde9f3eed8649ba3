"""The attributes of a packet that are its layers, for type checkers.

Made by `python -m tests.protocols.make_index`.
"""

from __future__ import annotations

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

__all__ = ["Accessors"]


class Accessors:
    """One attribute a protocol: the packet's first layer of it."""

    ah: AH
    aim: AIM
    aoe: AoE
    arcnet: ARCNET
    arcnet_linux: LinuxARCNET
    arp: ARP
    bgp: BGP
    cdp: CDP
    cflow: NetFlow
    chdlc: CHDLC
    data: Payload
    dhcp: DHCP
    diameter: Diameter
    dns: DNS
    dns_tcp: DNSOverTCP
    dtp: DTP
    edp: EDP
    erspan: ERSPAN
    erspan3: ERSPAN3
    esp: ESP
    eth: Ethernet
    etherip: EtherIP
    fr: FrameRelay
    geneve: Geneve
    gre: GRE
    gtp: GTP
    hsrp: HSRP
    http: HTTP
    http2: HTTP2
    http2_magic: HTTP2Magic
    icmp: ICMP
    icmpv6: ICMPv6
    icmpv6_mld: MLDQuery
    icmpv6_mldr_mar: MLDRecord
    icmpv6_opt: NDOptions
    icmpv6_opt_redirected: RedirectedHeader
    ieee8021ah: BackboneTag
    igmp: IGMP
    igmp_query: IGMPQuery
    igmp_record: IGMPRecord
    igmp_report: IGMPReport
    ip: IP
    ipcomp: IPComp
    ipoib: IPoIB
    ipv6: IPv6
    ipv6_dstopts: DestinationOptions
    ipv6_fraghdr: Fragment
    ipv6_hopopts: HopByHop
    ipv6_routing: Routing
    ipx: IPX
    isl: ISL
    juniper: Juniper
    l2tp: L2TP
    lcp: PPPControl
    llc: LLC
    macsec: MACsec
    mpls: MPLS
    nbdgm: NBDatagram
    nbns: NBNS
    nbss: NBSS
    nflog: NFLog
    nsh: NSH
    ntp: NTP
    null: Null
    oicq: OICQ
    ospf: OSPF
    padding: Padding
    pim: PIM
    portmap: Portmap
    ppi: PPI
    ppp: PPP
    pppoed: PPPoED
    pppoes: PPPoES
    prism: Prism
    pwethcw: PseudowireControl
    q931: Q931
    radiotap: Radiotap
    radius: RADIUS
    raw: Raw
    rip: RIP
    rpc: RPC
    rtcp: RTCP
    rtp: RTP
    rx: Rx
    sctp: SCTP
    sctp_chunk: SCTPChunk
    sip: SIP
    skinny: Skinny
    sll: SLL
    sll2: SLL2
    smb: SMB
    snmp: SNMP
    stp: STP
    stun: STUN
    tcp: TCP
    telnet: Telnet
    teredo: Teredo
    tftp: TFTP
    tls: TLS
    tns: TNS
    tpkt: TPKT
    udp: UDP
    vlan: VLAN
    vnc: RFB
    vrrp: VRRP
    vxlan: VXLAN
    vxlan_gpe: VXLANGPE
    wlan: WLAN
    yhoo: YHOO
    ymsg: YMSG
