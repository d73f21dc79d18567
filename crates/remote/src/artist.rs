use songwright_api::{CoverImageRequest, Drawing, Whole};
use songwright_base::{EngineError, EngineInfo, Observer, Progress, Stage};
use songwright_cover::{Cover, CoverArtist, CoverParams, letter};

use crate::{
    RemoteTarget,
    artwork::{from_base64, read_png},
    body,
    connection::Connection,
    error::CallError,
    identity, wire,
};

const LIMIT_BYTES: u64 = 64 << 20;

/// A cover service elsewhere.
pub struct RemoteArtist {
    connection: Connection,
    info: EngineInfo,
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

    fn ask(
        &self,
        params: &CoverParams,
        observer: &dyn Observer,
    ) -> Result<(image::RgbImage, wire::CoverImage), CallError> {
        let answer: wire::CoverImage = self.connection.post(
            "generate_cover_image",
            &question(params),
            LIMIT_BYTES,
            observer,
        )?;
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
        Ok((read_png(&png, params.width, params.height)?, answer))
    }

    fn download(&self, key: &str, observer: &dyn Observer) -> Result<Vec<u8>, CallError> {
        let mut url = self.connection.address().endpoint(["download_image"]);
        url.query_pairs_mut().append_pair("file_key", key);
        let answer = self.connection.get(url, LIMIT_BYTES, observer)?;
        let image: wire::DownloadedImage = body::json(&answer)?;
        from_base64("image_data", &image.image_data)
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
        observer.report(Progress::new(Stage::Cover, 0, 1));
        let (image, answer) = self
            .ask(params, observer)
            .map_err(|e| e.into_engine_error(self.connection.address()))?;
        identity::learn(&mut self.info, answer.metadata);
        observer.report(Progress::new(Stage::Cover, 1, 1));
        let label = answer.label.filter(|label| !label.trim().is_empty());
        // Services that draw and do not letter are not asked to: it is done here.
        let words = params.lettering(false).filter(|_| !answer.lettered);
        let here = words.map(|words| letter(&image, words, &params.style));
        let here = here.transpose()?.flatten();
        Ok(Cover {
            lettered: answer.lettered || here.is_some(),
            image: here.unwrap_or(image),
            label: label.unwrap_or_else(|| self.info.name.clone()),
            parameters: params.told(&self.info),
            engine: self.info.clone(),
            notes: answer.notes,
        })
    }
}

fn question(params: &CoverParams) -> CoverImageRequest {
    let pixels = |n: u32| Some(Whole(i64::from(n)));
    CoverImageRequest {
        prompt: params.subject(),
        style: Some(params.style.text().to_owned()),
        width: pixels(params.width),
        height: pixels(params.height),
        drawing: Drawing {
            num_inference_steps: Some(Whole(i64::from(params.num_inference_steps))),
            seed: i64::try_from(params.seed.0).ok().map(Whole),
            negative_prompt: params.negative_prompt.clone(),
            guidance_scale: (params.guidance_scale > 0.0)
                .then_some(f64::from(params.guidance_scale)),
            typography: params.typography,
        },
        num_images: None,
        // A picture lies in this process's store, not in that one's.
        redraw_key: None,
        strength: None,
        title: params.words.title.clone(),
        artist: params.words.artist.clone(),
    }
}
