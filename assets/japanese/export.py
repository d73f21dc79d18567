"""Writes `words.zlib`, `connections.zlib` and `loanwords.zlib` from two MeCab dictionaries.

    pip install ipadic==1.0.0 unidic-lite==1.0.8 numpy
    python export.py

`SOURCE.md` says what is in the files.
"""

import pathlib
import zlib

import ipadic
import numpy
import unidic_lite

HERE = pathlib.Path(__file__).parent
# Verbs of IPADIC that UniDic takes as auxiliaries: contractions of て and a verb.
CONTRACTED = {"てる", "でる", "ちゃう", "じゃう", "ちまう", "じまう", "とく", "どく", "たる", "だる", "とる", "どる", "てく", "でく"}


def entries(folder, name="sys.dic"):
    """The tokens of a compiled dictionary: surface, context, cost, features."""
    data = (pathlib.Path(folder) / name).read_bytes()
    _, _, _, _, _, _, dsize, tsize, _, _ = numpy.frombuffer(data, "<u4", 10)
    at = 72
    units = numpy.frombuffer(data, "<i4", int(dsize) // 4, at).reshape(-1, 2)
    at += int(dsize)
    token = numpy.dtype([("left", "<u2"), ("right", "<u2"), ("pos", "<u2"), ("cost", "<i2"), ("feature", "<u4"), ("compound", "<u4")])
    tokens = numpy.frombuffer(data, token, int(tsize) // token.itemsize, at)
    features = data[at + int(tsize) :]
    base, check = units[:, 0].tolist(), (units[:, 1].astype("<i8") & 0xFFFFFFFF).tolist()
    stack = [(base[0], b"")]
    while stack:
        node, surface = stack.pop()
        if 0 <= node < len(base) and check[node] == node and base[node] < 0:
            value = -base[node] - 1
            for token in tokens[(value >> 8) : (value >> 8) + (value & 0xFF)]:
                start = int(token["feature"])
                text = features[start : features.index(b"\0", start)]
                yield surface.decode(), int(token["left"]), int(token["cost"]), text.decode().split(",")
        for byte in range(256):
            child = node + byte + 1
            if child < len(base) and check[child] == node and base[child] > 0:
                stack.append((base[child], surface + bytes([byte])))


def katakana(text):
    return "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in text)


def head(surface, reading):
    """A reading without the kana that its surface ends with; after `=` where it does not end with them."""
    if reading == surface:
        return ""
    tail = len(surface)
    while tail and "ァ" <= surface[tail - 1] <= "ヿ":
        tail -= 1
    rest = surface[tail:]
    first = reading.removesuffix(rest)
    return first if reading.endswith(rest) and first else "=" + reading


def kind(features, endings):
    """What spaces depend on: `SOURCE.md` lists the letters."""
    first, second, third, *_ = features
    base = features[6]
    match first, second:
        case "接頭詞", _:
            return "p"
        case "名詞", "接尾" if third != "助動詞語幹":
            return "s" if (base, katakana(features[7])) in endings else "n"
        case "形容詞", "接尾":
            return "s"
        case "助詞", "接続助詞":
            return "c"
        case "助詞", "格助詞" if third == "連語":
            return "J"
        case "助詞", _:
            return "j"
        case "助動詞", _:
            return "x"
        case "動詞", "接尾":
            return "x"
        case "動詞", "非自立" if base in CONTRACTED:
            return "x"
        case "動詞", _:
            return "v"
        case "形容詞", _:
            return "a"
        case "記号", second if second != "アルファベット":
            return "k"
        case "名詞", _:
            return "n"
    return "o"


def loanword(features):
    """The spelling of a foreign word, which UniDic writes into its lemma."""
    lemma = features[7] if len(features) > 7 else ""
    spelling = lemma.split("-", 1)[1] if "-" in lemma else ""
    return spelling if spelling and spelling.isascii() else None


def main():
    loanwords, endings, costs = {}, set(), {}
    for surface, _, cost, features in entries(unidic_lite.DICDIR):
        if features[0] == "接尾辞":
            endings.add((surface, features[20] if len(features) > 20 else ""))
        spelling = loanword(features)
        # As the dictionary reads a word where it stands alone, which is its cheapest entry.
        if surface not in costs or cost < costs[surface]:
            costs[surface] = cost
            loanwords.pop(surface, None)
            if spelling and len(surface) > 1 and all("ァ" <= c <= "ー" for c in surface):
                loanwords[surface] = spelling

    best = {}
    for surface, context, cost, features in entries(ipadic.DICDIR):
        reading = features[7] if len(features) > 7 else surface
        key = (surface, context, kind(features, endings))
        if key not in best or cost < best[key][0]:
            best[key] = (cost, reading)
    columns = [[], [], [], [], []]
    for (surface, context, letter), (cost, reading) in sorted(best.items()):
        written = head(katakana(surface), reading)
        for column, value in zip(columns, (surface, context, cost, letter, written)):
            column.append(str(value))
    unknown = [
        f"{category} {context} {cost} {kind(features + ['*'] * 9, endings)}"
        for category, context, cost, features in sorted(entries(ipadic.DICDIR, "unk.dic"))
    ]
    text = "\0".join("\n".join(column) for column in [unknown, *columns])
    (HERE / "words.zlib").write_bytes(zlib.compress(text.encode(), 9))

    matrix = (pathlib.Path(ipadic.DICDIR) / "matrix.bin").read_bytes()
    sides = numpy.frombuffer(matrix, "<u2", 2)
    table = numpy.frombuffer(matrix, "<i2", int(sides[0]) * int(sides[1]), 4)
    # Costs of one next word lie together, low bytes before high ones: they compress best so.
    table = table.reshape(int(sides[1]), int(sides[0]))
    split = table.astype("<i2").tobytes()
    (HERE / "connections.zlib").write_bytes(zlib.compress(sides.tobytes() + split[::2] + split[1::2], 9))

    lines = [f"{word} {spelling}" for word, spelling in sorted(loanwords.items())]
    (HERE / "loanwords.zlib").write_bytes(zlib.compress("\n".join(lines).encode(), 9))
    print(len(best), "words,", len(lines), "loanwords,", unknown)


if __name__ == "__main__":
    main()
