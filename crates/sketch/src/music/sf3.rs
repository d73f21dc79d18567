//! Reads an SF3 file (a SoundFont 2 whose samples are Ogg Vorbis streams) and writes one of its
//! presets as a plain SF2, which is what the synthesizer reads.
//!
//! In SF3 a sample header's `start` and `end` are byte offsets into `smpl`, and the loop points
//! count from the sample's own start; in SF2 all four count samples from the start of `smpl`.

use std::io::Cursor;
use std::ops::Range;

use lewton::inside_ogg::OggStreamReader;
use lewton::samples::InterleavedSamples;

use super::error::ComposeError;

const PRESET_HEADER: usize = 38;
const INSTRUMENT_HEADER: usize = 22;
const BAG: usize = 4;
const GENERATOR: usize = 4;
const SAMPLE_HEADER: usize = 46;
const GENERATOR_INSTRUMENT: u16 = 41;
const GENERATOR_KEY_RANGE: u16 = 43;
const GENERATOR_SAMPLE: u16 = 53;
const VORBIS_FLAG: u16 = 0x10;
/// Zeros after every sample, as the SoundFont 2.04 specification asks (§6.1).
const GUARD_SAMPLES: usize = 46;

/// An SF3 file, its chunks located but nothing decoded.
#[derive(Debug)]
pub(super) struct Sf3<'a> {
    bytes: &'a [u8],
    info: Range<usize>,
    samples: Range<usize>,
    parameters: Vec<([u8; 4], Range<usize>)>,
}

impl<'a> Sf3<'a> {
    /// Locates the chunks of `bytes`.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, ComposeError> {
        let damaged = |what| ComposeError::SoundFontLayout { what };
        if bytes.get(..4) != Some(b"RIFF") || bytes.get(8..12) != Some(b"sfbk") {
            return Err(damaged("it is no RIFF sfbk file"));
        }
        let (mut info, mut samples, mut parameters) = (None, None, Vec::new());
        for (id, body) in chunks(bytes, 12..bytes.len()) {
            if &id != b"LIST" {
                continue;
            }
            let inner = body.start + 4..body.end;
            match bytes.get(body.start..body.start + 4) {
                Some(b"INFO") => info = Some(body),
                Some(b"sdta") => samples = chunks(bytes, inner).next().map(|(_, range)| range),
                Some(b"pdta") => parameters = chunks(bytes, inner).collect(),
                _ => {}
            }
        }
        Ok(Self {
            bytes,
            info: info.ok_or(damaged("no INFO list"))?,
            samples: samples.ok_or(damaged("no samples"))?,
            parameters,
        })
    }

    fn table(&self, id: &[u8; 4]) -> &'a [u8] {
        let range = self.parameters.iter().find(|(name, _)| name == id);
        range
            .and_then(|(_, range)| self.bytes.get(range.clone()))
            .unwrap_or_default()
    }

    /// The (bank, program) of every preset.
    pub(super) fn presets(&self) -> Vec<(u8, u8)> {
        let headers: Vec<_> = self.table(b"phdr").chunks_exact(PRESET_HEADER).collect();
        let real = headers.len().saturating_sub(1);
        headers[..real]
            .iter()
            .map(|h| (word(h, 22).min(255) as u8, word(h, 20).min(255) as u8))
            .collect()
    }

    /// Which samples the preset at `index` of [`Self::presets`] plays for any of `keys`.
    fn samples_of(&self, index: usize, keys: &[u8]) -> Vec<bool> {
        let count = self.table(b"shdr").len() / SAMPLE_HEADER;
        let mut wanted = vec![false; count];
        let presets = bags(self.table(b"phdr"), PRESET_HEADER, 24, index);
        let (preset_zones, preset_generators) = (self.table(b"pbag"), self.table(b"pgen"));
        let (zones, generators) = (self.table(b"ibag"), self.table(b"igen"));
        for preset_zone in presets {
            let preset_zone = zone(preset_zones, preset_generators, preset_zone);
            let Some(instrument) = amount(preset_zone, GENERATOR_INSTRUMENT) else {
                continue;
            };
            let range = bags(self.table(b"inst"), INSTRUMENT_HEADER, 20, instrument);
            for instrument_zone in range {
                let instrument_zone = zone(zones, generators, instrument_zone);
                let sample = amount(instrument_zone, GENERATOR_SAMPLE);
                if let Some(slot) = sample.and_then(|s| wanted.get_mut(s)) {
                    *slot |= plays_any(preset_zone, keys) && plays_any(instrument_zone, keys);
                }
            }
        }
        wanted
    }

    /// An SF2 file that holds every preset's description, and of the one at `index` the samples
    /// that sound for any of `keys`. All other samples are a moment of silence.
    pub(super) fn preset_as_sf2(&self, index: usize, keys: &[u8]) -> Result<Vec<u8>, ComposeError> {
        let wanted = self.samples_of(index, keys);
        let mut pcm: Vec<i16> = vec![0; 4 * GUARD_SAMPLES];
        let mut headers = self.table(b"shdr").to_vec();
        let real = wanted.len().saturating_sub(1);
        for (i, header) in headers
            .chunks_exact_mut(SAMPLE_HEADER)
            .enumerate()
            .take(real)
        {
            let (from, to) = (double_word(header, 20), double_word(header, 24));
            let loops = (double_word(header, 28), double_word(header, 32));
            let mut start = 0;
            let mut frames = GUARD_SAMPLES;
            if wanted[i] {
                let body = self.samples.start + from..self.samples.start + to;
                let ogg = self.bytes.get(body).ok_or(ComposeError::SoundFontLayout {
                    what: "a sample lies outside the file",
                })?;
                start = pcm.len();
                decode(ogg, &mut pcm)
                    .map_err(|source| ComposeError::Sample { index: i, source })?;
                frames = pcm.len() - start;
                pcm.resize(pcm.len() + GUARD_SAMPLES, 0);
            }
            let at = |n: usize| (start + n.min(frames)) as u32;
            for (offset, value) in [
                (20, at(0)),
                (24, at(frames)),
                (28, at(loops.0)),
                (32, at(loops.1)),
            ] {
                header[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
            }
            let kind = word(header, 44) & !VORBIS_FLAG;
            header[44..46].copy_from_slice(&kind.to_le_bytes());
        }
        Ok(self.assemble(&pcm, &headers))
    }

    fn assemble(&self, pcm: &[i16], sample_headers: &[u8]) -> Vec<u8> {
        let mut samples = b"sdta".to_vec();
        let bytes: Vec<u8> = pcm.iter().flat_map(|s| s.to_le_bytes()).collect();
        push_chunk(&mut samples, b"smpl", &bytes);
        let mut parameters = b"pdta".to_vec();
        for (id, range) in &self.parameters {
            let body = if id == b"shdr" {
                sample_headers
            } else {
                &self.bytes[range.clone()]
            };
            push_chunk(&mut parameters, id, body);
        }
        let mut form = b"sfbk".to_vec();
        push_chunk(&mut form, b"LIST", &self.bytes[self.info.clone()]);
        push_chunk(&mut form, b"LIST", &samples);
        push_chunk(&mut form, b"LIST", &parameters);
        let mut file = Vec::with_capacity(form.len() + 8);
        push_chunk(&mut file, b"RIFF", &form);
        file
    }
}

/// Appends the first channel of an Ogg Vorbis stream to `pcm`.
fn decode(ogg: &[u8], pcm: &mut Vec<i16>) -> Result<(), lewton::VorbisError> {
    let mut stream = OggStreamReader::new(Cursor::new(ogg))?;
    let channels = usize::from(stream.ident_hdr.audio_channels.max(1));
    while let Some(packet) = stream.read_dec_packet_generic::<InterleavedSamples<i16>>()? {
        pcm.extend(packet.samples.iter().step_by(channels));
    }
    Ok(())
}

/// The RIFF chunks in `range`: identifier and body.
fn chunks(
    bytes: &[u8],
    range: Range<usize>,
) -> impl Iterator<Item = ([u8; 4], Range<usize>)> + use<'_> {
    let mut at = range.start;
    std::iter::from_fn(move || {
        let header = bytes.get(at..at + 8).filter(|_| at + 8 <= range.end)?;
        let id = [header[0], header[1], header[2], header[3]];
        let size = double_word(header, 4);
        let body = at + 8..(at + 8 + size).min(range.end);
        at = body.end + (size & 1);
        Some((id, body))
    })
}

/// The bag range of record `index` in a table of presets or instruments.
fn bags(table: &[u8], record: usize, field: usize, index: usize) -> Range<usize> {
    let bag = |i: usize| {
        table
            .chunks_exact(record)
            .nth(i)
            .map_or(0, |r| usize::from(word(r, field)))
    };
    bag(index)..bag(index + 1)
}

/// The generators of one zone.
fn zone<'a>(bag: &[u8], generators: &'a [u8], index: usize) -> &'a [u8] {
    let first = |zone: usize| {
        let bag = bag.chunks_exact(BAG).nth(zone);
        bag.map_or(0, |b| usize::from(word(b, 0)) * GENERATOR)
    };
    generators
        .get(first(index)..first(index + 1))
        .unwrap_or_default()
}

/// The amount of the generator `operator` in a zone.
fn amount(zone: &[u8], operator: u16) -> Option<usize> {
    zone.chunks_exact(GENERATOR)
        .find(|g| word(g, 0) == operator)
        .map(|g| usize::from(word(g, 2)))
}

/// Whether a zone's key range (all keys where it has none) holds one of `keys`.
fn plays_any(zone: &[u8], keys: &[u8]) -> bool {
    amount(zone, GENERATOR_KEY_RANGE).is_none_or(|range| {
        let (low, high) = ((range & 0xFF) as u8, (range >> 8) as u8);
        keys.iter().any(|k| (low..=high).contains(k))
    })
}

fn word(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn double_word(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize
}

fn push_chunk(into: &mut Vec<u8>, id: &[u8; 4], body: &[u8]) {
    into.extend_from_slice(id);
    into.extend_from_slice(&(body.len() as u32).to_le_bytes());
    into.extend_from_slice(body);
    if body.len() % 2 == 1 {
        into.push(0);
    }
}
