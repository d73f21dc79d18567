//! Pictures of the user's own that covers are drawn over.

use std::io::Cursor;

use image::{ImageReader, Limits, RgbImage};
use songwright_api::UploadedImage;
use songwright_base::{Code, Failure};

use crate::{Studio, new_files::NewFiles};

/// Pixels of a side.
const SIDE: std::ops::RangeInclusive<u32> = 64..=4096;

impl Studio {
    /// Puts a PNG or JPEG file into the store, as a PNG file, where requests can name it for a week.
    ///
    /// # Errors
    /// 400 for what is no such file, or has a side of less than 64 or more than 4096 pixels; 507 where there is no
    /// space.
    pub async fn keep_picture(&self, file: bytes::Bytes) -> Result<UploadedImage, Failure> {
        let read = tokio::task::spawn_blocking(move || {
            let image = picture(&file)?;
            let png = songwright_cover::png(&image, &[]);
            let png = png.map_err(|e| Failure::internal("encoding the picture", &e))?;
            Ok::<_, Failure>((png, image.dimensions()))
        });
        let (png, (width, height)) = read
            .await
            .map_err(|e| Failure::internal("reading the picture", &e))??;
        let mut files = NewFiles::new(&self.objects);
        let stored = files.put("png", png).await?;
        self.keep_loose(files, &stored).await?;
        Ok(UploadedImage {
            file_path: stored.key.as_str().to_owned(),
            image_dimensions: [width, height],
        })
    }
}

/// A file as a picture, whose size is looked at before it is read whole.
fn picture(file: &[u8]) -> Result<RgbImage, Failure> {
    let wrong = |what: String| {
        let what = format!("{what} PNG and JPEG files with sides of 64 to 4096 pixels are taken.");
        Failure::new(Code::BadRequest, what)
    };
    let unread = |error: image::ImageError| wrong(format!("The picture cannot be read: {error}."));
    let reader = ImageReader::new(Cursor::new(file)).with_guessed_format();
    let mut reader = reader.map_err(|error| unread(error.into()))?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(*SIDE.end());
    limits.max_image_height = Some(*SIDE.end());
    reader.limits(limits);
    let image = reader.decode().map_err(unread)?;
    let (width, height) = (image.width(), image.height());
    if width < *SIDE.start() || height < *SIDE.start() {
        return Err(wrong(format!("The picture has {width} × {height} pixels.")));
    }
    Ok(image.into_rgb8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_have_limits_on_both_sides() {
        let read = |width, height| {
            let image = RgbImage::new(width, height);
            picture(&songwright_cover::png(&image, &[]).unwrap())
        };
        assert!(read(64, 4096).is_ok() && read(4096, 64).is_ok());
        for (width, height) in [(63, 64), (64, 63), (64, 4097), (4097, 64)] {
            let refused = read(width, height).unwrap_err().to_string();
            assert!(refused.contains("64 to 4096 pixels"), "{refused}");
        }
        let jpeg = songwright_cover::jpeg(&RgbImage::new(64, 64), "").unwrap();
        assert!(picture(&jpeg).is_ok());
        for file in [&jpeg[..40], b"GIF89a", b""] {
            assert!(picture(file).is_err());
        }
    }
}
