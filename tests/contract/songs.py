"""Requests that are quick to serve."""

DESCRIPTION = "A warm folk song about a lighthouse keeper, acoustic guitar and fiddle, 96 bpm"

SHORT = {"full_described_song": DESCRIPTION, "audio_duration": 10.0, "cover_size": 256, "seed": 11}

LYRICS = "[verse]\nThe lamp goes round, the lamp goes round\nAnd don't you hear the sea\n\n[chorus]\nCome home, come home\nCome home to me\n"

WITH_LYRICS = {
    "prompt": "folk, male voice, acoustic guitar, warm, 96 BPM",
    "lyrics": LYRICS,
    "audio_duration": 10.0,
    "cover_size": 256,
    "seed": 12,
}

WITH_DESCRIBED_LYRICS = {
    "prompt": "folk, female voice, acoustic guitar, warm, 96 BPM",
    "described_lyrics": "a letter that a sailor never sent",
    "audio_duration": 10.0,
    "cover_size": 256,
    "seed": 13,
}

MUSIC = {"prompt": "folk, acoustic guitar, warm, 96 BPM", "lyrics": LYRICS, "audio_duration": 10.0, "seed": 14}

# Takes long enough on any machine to be cancelled, watched or overtaken.
LONG = {"full_described_song": DESCRIPTION, "audio_duration": 600.0, "cover_size": 1024, "seed": 15}
