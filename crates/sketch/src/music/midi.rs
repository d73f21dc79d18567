//! The score as a Standard MIDI File.

use midly::num::{u4, u7, u15, u24, u28};
use midly::{
    Format, Header, MetaMessage, MidiMessage, Smf, Timing, Track, TrackEvent, TrackEventKind,
};

use super::error::ComposeError;
use super::harmony::{Key, Mode};
use super::score::{Part, Score, TICKS_PER_BEAT};

/// An event at a tick. Of one tick, the lower rank comes first: names, then note-offs, note-ons.
type Timed<'a> = (u32, u8, TrackEventKind<'a>);

/// A format-1 file: a conductor track (tempo, meter, key, sections, lyrics), then a track a part.
pub(super) fn file(score: &Score, key: Key) -> Result<Vec<u8>, ComposeError> {
    let timing = Timing::Metrical(u15::new(TICKS_PER_BEAT as u16));
    let mut smf = Smf::new(Header::new(Format::Parallel, timing));
    smf.tracks.push(track(conductor(score, key), score.end));
    for part in &score.parts {
        smf.tracks.push(track(part_events(part), score.end));
    }
    let mut bytes = Vec::new();
    smf.write_std(&mut bytes).map_err(ComposeError::Midi)?;
    Ok(bytes)
}

fn conductor(score: &Score, key: Key) -> Vec<Timed<'_>> {
    let micros = (60e6 / score.bpm).round() as u32;
    let mut events = vec![
        (0, 0, meta(MetaMessage::Tempo(u24::new(micros)))),
        (
            0,
            0,
            meta(MetaMessage::TimeSignature(score.beats, 2, 24, 8)),
        ),
        (
            0,
            0,
            meta(MetaMessage::KeySignature(
                key.signature(),
                key.mode == Mode::Minor,
            )),
        ),
    ];
    for section in &score.sections {
        let marker = MetaMessage::Marker(section.tag.as_bytes());
        events.push((section.start, 1, meta(marker)));
    }
    for syllable in &score.syllables {
        let lyric = MetaMessage::Lyric(syllable.text.as_bytes());
        events.push((syllable.start, 2, meta(lyric)));
    }
    events
}

fn part_events(part: &Part) -> Vec<Timed<'_>> {
    let channel = u4::new(part.midi_channel);
    let midi = |message| TrackEventKind::Midi { channel, message };
    let program = u7::new(part.preset.program);
    let pan = (64.0 + 63.0 * part.channel.pan).clamp(0.0, 127.0) as u8;
    let controller = |number: u8, value: u8| MidiMessage::Controller {
        controller: u7::new(number),
        value: u7::new(value),
    };
    let mut events = vec![
        (0, 0, meta(MetaMessage::TrackName(part.name.as_bytes()))),
        (0, 1, midi(MidiMessage::ProgramChange { program })),
        (0, 1, midi(controller(10, pan))),
    ];
    for note in &part.notes {
        let key = u7::new(note.key);
        let vel = u7::new(note.velocity);
        events.push((note.start, 4, midi(MidiMessage::NoteOn { key, vel })));
        let vel = u7::new(0);
        let off = midi(MidiMessage::NoteOff { key, vel });
        events.push((note.start + note.length, 3, off));
    }
    events
}

const fn meta(message: MetaMessage<'_>) -> TrackEventKind<'_> {
    TrackEventKind::Meta(message)
}

fn track(mut events: Vec<Timed<'_>>, end: u32) -> Track<'_> {
    events.sort_by_key(|(tick, rank, _)| (*tick, *rank));
    events.push((end, u8::MAX, meta(MetaMessage::EndOfTrack)));
    let mut now = 0;
    events
        .into_iter()
        .map(|(tick, _, kind)| {
            let delta = u28::new(tick.saturating_sub(now));
            now = now.max(tick);
            TrackEvent { delta, kind }
        })
        .collect()
}
