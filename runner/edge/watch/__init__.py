"""What is seen of a run while it goes on: a bar, plain lines, a stream of events, numbers and spans.

Watchers are told facts and hold nothing up: one that is slow, gone or broken harms no run. Ids and links are made safe
for a terminal before they are shown.
"""
