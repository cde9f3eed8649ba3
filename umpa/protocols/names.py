"""Names of numbers that several protocols share (IANA's and IEEE's registries)."""

from __future__ import annotations

ETHER_TYPES = {
    0x0800: "IPv4", 0x0806: "ARP", 0x2000: "CDP", 0x6558: "Transparent Ethernet", 0x8035: "RARP",
    0x809B: "AppleTalk", 0x80F3: "AARP", 0x8100: "802.1Q", 0x8137: "IPX", 0x86DD: "IPv6",
    0x8808: "Ethernet flow control", 0x8809: "Slow protocols", 0x880B: "PPP",
    0x8847: "MPLS", 0x8848: "MPLS multicast", 0x8863: "PPPoE discovery", 0x8864: "PPPoE session",
    0x888E: "EAPOL", 0x88A8: "802.1ad", 0x88BE: "ERSPAN", 0x88CC: "LLDP", 0x88E5: "MACsec",
    0x88E7: "802.1ah", 0x88F7: "PTP", 0x8902: "CFM", 0x8906: "FCoE", 0x8914: "FIP",
    0x894F: "NSH", 0x9000: "Loopback", 0x9100: "802.1QinQ",
}  # fmt: skip

IP_PROTOCOLS = {
    0: "HOPOPT", 1: "ICMP", 2: "IGMP", 4: "IPv4", 6: "TCP", 8: "EGP", 9: "IGP", 17: "UDP",
    33: "DCCP", 41: "IPv6", 43: "IPv6-Route", 44: "IPv6-Frag", 46: "RSVP", 47: "GRE", 50: "ESP",
    51: "AH", 58: "ICMPv6", 59: "IPv6-NoNxt", 60: "IPv6-Opts", 88: "EIGRP", 89: "OSPF",
    94: "IPIP", 97: "ETHERIP", 103: "PIM", 108: "IPComp", 112: "VRRP", 115: "L2TP", 132: "SCTP",
    135: "Mobility", 136: "UDPLite", 137: "MPLS-in-IP", 139: "HIP", 140: "Shim6", 143: "Ethernet",
    253: "Experiment 1", 254: "Experiment 2",
}  # fmt: skip

DSCP = {
    0: "CS0", 8: "CS1", 10: "AF11", 12: "AF12", 14: "AF13", 16: "CS2", 18: "AF21", 20: "AF22",
    22: "AF23", 24: "CS3", 26: "AF31", 28: "AF32", 30: "AF33", 32: "CS4", 34: "AF41", 36: "AF42",
    38: "AF43", 40: "CS5", 44: "VOICE-ADMIT", 46: "EF", 48: "CS6", 56: "CS7",
}  # fmt: skip
ECN = {0: "Not-ECT", 1: "ECT(1)", 2: "ECT(0)", 3: "CE"}

PORTS = {
    7: "echo", 9: "discard", 13: "daytime", 20: "ftp-data", 21: "ftp", 22: "ssh", 23: "telnet",
    25: "smtp", 37: "time", 43: "whois", 53: "domain", 67: "bootps", 68: "bootpc", 69: "tftp",
    79: "finger", 80: "http", 88: "kerberos", 110: "pop3", 111: "sunrpc", 113: "auth", 119: "nntp",
    123: "ntp", 137: "netbios-ns", 138: "netbios-dgm", 139: "netbios-ssn", 143: "imap",
    161: "snmp", 162: "snmptrap", 179: "bgp", 194: "irc", 389: "ldap", 443: "https",
    445: "microsoft-ds", 465: "submissions", 500: "isakmp", 514: "syslog", 520: "router",
    546: "dhcpv6-client", 547: "dhcpv6-server", 554: "rtsp", 587: "submission", 631: "ipp",
    636: "ldaps", 853: "domain-s", 873: "rsync", 993: "imaps", 995: "pop3s", 1080: "socks",
    1194: "openvpn", 1433: "ms-sql-s", 1701: "l2tp", 1723: "pptp", 1812: "radius",
    1813: "radius-acct", 1883: "mqtt", 1900: "ssdp", 2049: "nfs", 2152: "gtp-user",
    3128: "squid", 3306: "mysql", 3389: "ms-wbt-server", 3478: "stun", 3544: "teredo",
    4500: "ipsec-nat-t", 4789: "vxlan", 4790: "vxlan-gpe", 5004: "rtp", 5060: "sip", 5061: "sips",
    5222: "xmpp-client", 5353: "mdns", 5355: "llmnr", 5432: "postgresql", 5672: "amqp",
    5900: "vnc", 6081: "geneve", 6379: "redis", 6635: "mpls-udp", 6667: "ircd", 8080: "http-alt",
    8443: "https-alt", 8883: "secure-mqtt", 9092: "kafka", 9100: "jetdirect", 27017: "mongodb",
}  # fmt: skip

PORT_ALIASES = {"dns": 53, "dhcp-server": 67, "dhcp-client": 68}

HARDWARE_TYPES = {
    1: "Ethernet", 3: "AX.25", 6: "IEEE 802", 7: "ARCNET", 15: "Frame Relay", 16: "ATM",
    18: "Fibre Channel", 19: "ATM", 20: "Serial line", 24: "IEEE 1394", 27: "EUI-64",
    32: "InfiniBand", 512: "PPP", 513: "Cisco HDLC", 768: "IPIP tunnel", 769: "IPv6 tunnel",
    770: "Frame Relay DLCI", 772: "Loopback", 776: "SIT tunnel", 778: "GRE", 801: "IEEE 802.11",
    802: "IEEE 802.11 with prism header", 803: "IEEE 802.11 with radiotap header",
    823: "GRE over IPv6", 824: "Netlink", 65534: "None",
}  # fmt: skip
"""IANA's ARP hardware types, and those beyond that Linux has (`ARPHRD_...`)."""

COOKED_TYPES = {
    0: "to us", 1: "broadcast", 2: "multicast", 3: "to another host", 4: "sent by us",
    6: "kernel to kernel",
}  # fmt: skip
LINUX_TYPES = {1: "802.3 without LLC", 4: "802.2 LLC", 12: "CAN", 13: "CAN FD", 25: "MCTP"}
"""What stands in the type field of a cooked capture where that is no EtherType."""
