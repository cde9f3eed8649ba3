"""The libraries that are compared, each module with the same tasks, as its expert would write it.

    fields(path, keep)      a   four fields of each packet of a file
    every_field(path, keep) b   all fields of each layer to the transport layer
    count_*(path)           c   how many go to TCP port 443
    craft(count, payload)   d   Ethernet/IP/TCP from text addresses, as bytes with right checksums
    rebuild(frames)         e   TTL 9 and a new destination, as bytes with right checksums
    copy(path, target)      f   read and write the file
    hold(frames)            g   packet objects; touch(packet) reads four fields of one

`keep` is None when time counts, and receives each row when the answers are compared. Libraries
are imported by name, so that the type checkers need none of them.
"""
