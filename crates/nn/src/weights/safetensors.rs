use std::{
    collections::HashMap,
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use bytemuck::Pod;
use candle_core::{DType, Device, Shape, Tensor, WithDType};
use half::{bf16, f16};
use safetensors::{Dtype, tensor::Metadata};

use super::Source;
use crate::{Error, Result};

/// The largest head that the format allows, in bytes.
const LARGEST_HEAD: u64 = 100_000_000;
/// The bytes that say how long the head is.
const LENGTH_BYTES: u64 = 8;

/// Safetensors files: what is not asked for is not read.
///
/// Tensors are read, not mapped: pages of a mapping would count as this program's memory until they
/// are needed elsewhere, and a disk that goes away would end the program instead of a read.
pub struct SafeTensors {
    files: Vec<OneFile>,
    /// Which file holds a tensor, and where.
    places: HashMap<String, Place>,
}

struct OneFile {
    path: PathBuf,
    file: Mutex<File>,
}

struct Place {
    file: usize,
    /// Bytes from the beginning of the file.
    at: u64,
    bytes: usize,
    dtype: Dtype,
    shape: Shape,
}

impl SafeTensors {
    /// Reads the heads of the files of one checkpoint.
    ///
    /// # Errors
    /// Where a file cannot be opened, is cut off or is no safetensors file: the error names it.
    pub fn open<P: AsRef<Path>>(paths: &[P]) -> Result<Self> {
        let (mut files, mut places) = (Vec::new(), HashMap::new());
        for (index, path) in paths.iter().enumerate() {
            let path = path.as_ref().to_owned();
            let mut file = File::open(&path).map_err(|error| wrong(&path, error))?;
            for (name, place) in head(&mut file, &path)? {
                places.insert(
                    name,
                    Place {
                        file: index,
                        ..place
                    },
                );
            }
            let file = Mutex::new(file);
            files.push(OneFile { path, file });
        }
        Ok(Self { files, places })
    }

    /// The names of all tensors.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.places.keys().cloned().collect()
    }

    /// The values of a tensor as they are stored.
    fn values<T: Pod + WithDType>(&self, place: &Place) -> Result<Vec<T>> {
        let mut values = vec![T::zeroed(); place.bytes / size_of::<T>()];
        self.read(place, bytemuck::cast_slice_mut(&mut values))?;
        Ok(values)
    }

    fn read(&self, place: &Place, bytes: &mut [u8]) -> Result<()> {
        let OneFile { path, file } = &self.files[place.file];
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(place.at))
            .and_then(|_| file.read_exact(bytes))
            .map_err(|error| wrong(path, error))
    }
}

impl Source for SafeTensors {
    fn shape(&self, name: &str) -> Option<Shape> {
        Some(self.places.get(name)?.shape.clone())
    }

    fn tensor(&self, name: &str, device: &Device) -> Result<Tensor> {
        let Some(place) = self.places.get(name) else {
            return Err(Error::Missing {
                name: name.to_owned(),
                origin: self.origin(),
            });
        };
        let shape = &place.shape;
        let tensor = match DType::try_from(place.dtype)? {
            DType::F32 => Tensor::from_vec(self.values::<f32>(place)?, shape, device),
            DType::BF16 => Tensor::from_vec(self.values::<bf16>(place)?, shape, device),
            DType::F16 => Tensor::from_vec(self.values::<f16>(place)?, shape, device),
            dtype => {
                let mut bytes = vec![0; place.bytes];
                self.read(place, &mut bytes)?;
                Tensor::from_raw_buffer(&bytes, dtype, shape.dims(), device)
            }
        };
        Ok(tensor?)
    }

    fn origin(&self) -> String {
        let files = self.files.iter();
        let names: Vec<String> = files.map(|file| file.path.display().to_string()).collect();
        names.join(", ")
    }
}

/// What lies where in a file.
fn head(file: &mut File, path: &Path) -> Result<Vec<(String, Place)>> {
    let length = file.metadata().map_err(|error| wrong(path, error))?.len();
    let none = |why: &str| wrong(path, format!("this is no safetensors file: {why}"));
    let mut bytes = [0; LENGTH_BYTES as usize];
    file.read_exact(&mut bytes)
        .map_err(|_| none("it is too short"))?;
    let head = u64::from_le_bytes(bytes);
    let begin = LENGTH_BYTES.saturating_add(head);
    if head > LARGEST_HEAD || begin > length {
        return Err(none("its head is longer than the file"));
    }
    let mut text = Vec::new();
    file.take(head)
        .read_to_end(&mut text)
        .map_err(|error| wrong(path, error))?;
    let metadata: Metadata =
        serde_json::from_slice(&text).map_err(|error| none(&error.to_string()))?;
    let end = begin.saturating_add(metadata.data_len() as u64);
    if end > length {
        return Err(wrong(
            path,
            format!(
                "the file is cut off: its tensors end at byte {end}, and the file at {length}. \
                 Download or copy it again"
            ),
        ));
    }
    let mut places = Vec::new();
    for (name, info) in metadata.tensors() {
        let shape = Shape::from(info.shape.as_slice());
        let (from, to) = info.data_offsets;
        let place = Place {
            file: 0,
            at: begin + from as u64,
            bytes: to - from,
            dtype: info.dtype,
            shape,
        };
        places.push((name, place));
    }
    Ok(places)
}

fn wrong(path: &Path, what: impl std::fmt::Display) -> Error {
    Error::File {
        path: path.to_owned(),
        what: what.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, fs, path::PathBuf};

    use candle_core::{DType, Device, Tensor};

    use super::SafeTensors;
    use crate::{Error, testing::random, weights::Source as _};

    fn written(folder: &tempfile::TempDir, name: &str, tensors: &[(&str, Tensor)]) -> PathBuf {
        let path = folder.path().join(name);
        let tensors: HashMap<&str, Tensor> = tensors.iter().cloned().collect();
        candle_core::safetensors::save(&tensors, &path).unwrap();
        path
    }

    #[test]
    fn values_of_every_type_come_back_from_every_file() {
        let folder = tempfile::tempdir().unwrap();
        let device = Device::Cpu;
        let weight = random(&[3, 5]);
        let stored = [DType::F32, DType::BF16, DType::F16, DType::F64]
            .map(|dtype| weight.to_dtype(dtype).unwrap());
        let [single, brain, half, double] = stored;
        let ids = Tensor::new(&[3_i64, -1], &device).unwrap();
        let first = written(
            &folder,
            "1.safetensors",
            &[("single", single.clone()), ("ids", ids.clone())],
        );
        let second = written(
            &folder,
            "2.safetensors",
            &[
                ("brain", brain.clone()),
                ("half", half.clone()),
                ("double", double.clone()),
            ],
        );
        let files = SafeTensors::open(&[first, second]).unwrap();
        for (name, wanted) in [
            ("single", single),
            ("brain", brain),
            ("half", half),
            ("double", double),
        ] {
            let found = files.tensor(name, &device).unwrap();
            assert_eq!(found.dtype(), wanted.dtype());
            assert_eq!(files.shape(name).unwrap().dims(), [3, 5]);
            let flat = |tensor: Tensor| {
                let tensor = tensor.to_dtype(DType::F64).unwrap();
                tensor.flatten_all().unwrap().to_vec1::<f64>().unwrap()
            };
            assert_eq!(flat(found), flat(wanted), "{name}");
        }
        let found = files.tensor("ids", &device).unwrap();
        assert_eq!(found.to_vec1::<i64>().unwrap(), [3, -1]);
        assert_eq!(files.names().len(), 5);
        assert!(matches!(
            files.tensor("other", &device),
            Err(Error::Missing { name, .. }) if name == "other"
        ));
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let whole = written(&folder, "whole.safetensors", &[("weight", random(&[3, 5]))]);
        let bytes = fs::read(&whole).unwrap();
        let cut = bytes.len() - 1;
        let mut long_head = bytes.clone();
        long_head[7] = 0xFF;
        let text = String::from_utf8_lossy(&bytes[..bytes.len() - 60]).replace("[3,5]", "[3,6]");
        let mut other_shape = text.into_bytes();
        other_shape.extend_from_slice(&bytes[bytes.len() - 60..]);
        for (bytes, why) in [
            (&bytes[..cut], "cut off"),
            (&bytes[..5], "too short"),
            (&long_head, "head is longer"),
            (&other_shape, "invalid shape"),
            (
                &[vec![2, 0, 0, 0, 0, 0, 0, 0], b"[]".to_vec()].concat(),
                "no safetensors",
            ),
        ] {
            let path = folder.path().join("wrong.safetensors");
            fs::write(&path, bytes).unwrap();
            let error = SafeTensors::open(&[path])
                .map(|_| ())
                .unwrap_err()
                .to_string();
            assert!(error.contains("wrong.safetensors"), "{error}");
            assert!(error.contains(why), "{error}: {why}");
        }
        assert!(SafeTensors::open(&[whole]).is_ok());
        assert!(SafeTensors::open(&[folder.path().join("none")]).is_err());
    }
}
