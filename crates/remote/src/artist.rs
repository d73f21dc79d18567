use reqwest::StatusCode;
use songwright_api::{CoverImageRequest, Drawing, Whole};
use songwright_base::{EngineError, EngineInfo, Observer, Progress, Seed, Stage};
use songwright_cover::{
    Cover, CoverArtist, CoverParams, Drawn, PROMPT_CHARS, Redraw, fact, first, letter, png,
};

use crate::{
    RemoteTarget,
    artwork::{from_base64, read_png},
    body,
    connection::Connection,
    error::CallError,
    identity, wire,
};

const LIMIT_BYTES: u64 = 64 << 20;
/// The longest text of a file that is passed on.
const PARAMETERS_CHARS: usize = 4000;

/// A cover service elsewhere.
pub struct RemoteArtist {
    connection: Connection,
    info: EngineInfo,
}

/// What is wanted, with the key that the other store gave the picture to draw over.
struct Question<'a> {
    params: &'a CoverParams,
    redraw_key: Option<&'a str>,
}

impl RemoteArtist {
    /// Reads the URL and the key; nothing is sent yet.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] naming the variable that is wrong.
    pub fn new(target: RemoteTarget) -> Result<Self, EngineError> {
        let connection = Connection::open(&target)?;
        let info = identity::unknown("cover", connection.address());
        Ok(Self { connection, info })
    }

    /// The file of a picture, and what is said of it.
    fn ask(
        &self,
        question: &CoverImageRequest,
        observer: &dyn Observer,
    ) -> Result<(Vec<u8>, wire::CoverImage), CallError> {
        let answer: wire::CoverImage =
            self.connection
                .post("generate_cover_image", question, LIMIT_BYTES, observer)?;
        let sent = answer.file_data.as_deref().filter(|text| !text.is_empty());
        let key = answer.file_path.as_deref().filter(|key| !key.is_empty());
        let png = match (sent, key) {
            (Some(text), _) => from_base64("file_data", text)?,
            (None, Some(key)) => self.download(key, observer)?,
            (None, None) => {
                return Err(CallError::unusable(
                    "its answer has neither file_path nor file_data.",
                ));
            }
        };
        Ok((png, answer))
    }

    fn download(&self, key: &str, observer: &dyn Observer) -> Result<Vec<u8>, CallError> {
        let mut url = self.connection.address().endpoint(["download_image"]);
        url.query_pairs_mut().append_pair("file_key", key);
        let answer = self.connection.get(url, LIMIT_BYTES, observer)?;
        let image: wire::DownloadedImage = body::json(&answer)?;
        from_base64("image_data", &image.image_data)
    }

    /// Takes the picture that is drawn over to the other store, and gives its key there.
    fn upload(&self, redraw: &Redraw, observer: &dyn Observer) -> Result<String, EngineError> {
        let file = png(&redraw.image, &[])
            .map_err(EngineError::failed("sending a picture to another service"))?;
        let address = self.connection.address();
        let url = address.endpoint(["upload_image"]);
        let sent = || -> Result<Option<wire::UploadedImage>, CallError> {
            if !self.connection.has(url.clone(), observer)? {
                return Ok(None);
            }
            let kept = self.connection.send(url, ("image/png", file), observer);
            match kept {
                Err(error) if error.status().is_some_and(is_not_there) => Ok(None),
                kept => kept.map(Some),
            }
        };
        match sent() {
            Ok(Some(kept)) => Ok(kept.file_path),
            // A service that has no such endpoint would draw something new, and not say so.
            Ok(None) => Err(EngineError::Unsupported {
                what: format!(
                    "The {} at {} draws over no pictures. Leave strength away for a new one.",
                    address.service,
                    address.shown()
                ),
            }),
            Err(error) => Err(error.into_engine_error(address)),
        }
    }

    fn picture(
        &mut self,
        question: &Question<'_>,
        observer: &dyn Observer,
    ) -> Result<Cover, EngineError> {
        let params = question.params;
        let (prompt, left_out) = prompt(params);
        let request = request(question, prompt);
        let found = self.ask(&request, observer).and_then(|(png, answer)| {
            let image = read_png(&png, params.width, params.height)?;
            Ok((image, png, answer))
        });
        let (image, png, answer) =
            found.map_err(|e| e.into_engine_error(self.connection.address()))?;
        identity::learn(&mut self.info, answer.metadata);
        let mut notes = answer.notes;
        if left_out > 0 {
            let most = PROMPT_CHARS.end();
            notes.push(format!(
                "The {} takes prompts of {most} characters: the last {left_out} were left out.",
                self.connection.address().service
            ));
        }
        let label = answer.label.filter(|label| !label.trim().is_empty());
        // Services that draw and do not letter are not asked to: it is done here.
        let words = params.lettering(false).filter(|_| !answer.lettered);
        let here = words.map(|words| letter(&image, words, &params.style));
        let here = here.transpose()?.flatten();
        // Whoever drew it knows best what was drawn.
        let own = fact(&png, "parameters").filter(|own| own.chars().count() <= PARAMETERS_CHARS);
        let as_asked = || {
            let drawn = Drawn {
                prompt: request.prompt.clone(),
                strength: request.strength,
                ..Drawn::as_asked(params)
            };
            params.told(&self.info, Some(&drawn))
        };
        Ok(Cover {
            lettered: answer.lettered || here.is_some(),
            image: here.unwrap_or(image),
            label: label.unwrap_or_else(|| self.info.name.clone()),
            parameters: own.unwrap_or_else(as_asked),
            engine: self.info.clone(),
            notes,
        })
    }
}

impl CoverArtist for RemoteArtist {
    fn info(&self) -> EngineInfo {
        self.info.clone()
    }

    fn draw(
        &mut self,
        params: &CoverParams,
        observer: &dyn Observer,
    ) -> Result<Cover, EngineError> {
        first(self.draw_each(params, &[params.seed], observer)?)
    }

    fn draw_each(
        &mut self,
        params: &CoverParams,
        seeds: &[Seed],
        observer: &dyn Observer,
    ) -> Result<Vec<Cover>, EngineError> {
        let all = seeds.len() as u64;
        observer.report(Progress::new(Stage::Cover, 0, all.max(1)));
        let redraw = params.redraw.as_ref();
        let redraw_key = redraw
            .map(|redraw| self.upload(redraw, observer))
            .transpose()?;
        let mut drawn = Vec::with_capacity(seeds.len());
        for (seed, done) in seeds.iter().zip(1..) {
            let params = CoverParams {
                seed: *seed,
                ..params.clone()
            };
            let question = Question {
                params: &params,
                redraw_key: redraw_key.as_deref(),
            };
            drawn.push(self.picture(&question, observer)?);
            observer.report(Progress::new(Stage::Cover, done, all));
        }
        Ok(drawn)
    }
}

fn is_not_there(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED
    )
}

/// All that a cover is told of, as the contract takes it, and how many characters of it are left out.
fn prompt(params: &CoverParams) -> (String, usize) {
    let whole = params.subject();
    let all = whole.chars().count();
    if all < *PROMPT_CHARS.start() {
        return (format!("{whole}, cover"), 0);
    }
    if all <= *PROMPT_CHARS.end() {
        return (whole, 0);
    }
    let head: String = whole.chars().take(*PROMPT_CHARS.end()).collect();
    let in_words = head
        .rsplit_once(' ')
        .map_or(head.as_str(), |(words, _)| words);
    let kept = in_words.trim_end_matches([',', '.', ' ']).to_owned();
    let left_out = all - kept.chars().count();
    (kept, left_out)
}

fn request(question: &Question<'_>, prompt: String) -> CoverImageRequest {
    let params = question.params;
    let pixels = |n: u32| Some(Whole(i64::from(n)));
    let redraw = params.redraw.as_ref();
    CoverImageRequest {
        prompt,
        style: Some(params.style.text().to_owned()),
        width: pixels(params.width),
        height: pixels(params.height),
        drawing: Drawing {
            num_inference_steps: Some(Whole(i64::from(params.num_inference_steps))),
            seed: i64::try_from(params.seed.0).ok().map(Whole),
            negative_prompt: params.negative_prompt.clone(),
            guidance_scale: (params.guidance_scale > 0.0).then_some(params.guidance_scale),
            typography: params.typography,
            exact_size: params.exact_size.then_some(true),
        },
        num_images: None,
        redraw_key: question.redraw_key.map(str::to_owned),
        strength: redraw.map(|redraw| redraw.strength),
        title: params.words.title.clone(),
        artist: params.words.artist.clone(),
    }
}
