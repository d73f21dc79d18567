use songwright_base::Service;

/// An endpoint as it is called where its service runs alone.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize)]
pub(crate) struct Endpoint {
    /// GET or POST.
    pub(crate) method: &'static str,
    /// From the root.
    pub(crate) path: &'static str,
}

const fn get(path: &'static str) -> Endpoint {
    Endpoint {
        method: "GET",
        path,
    }
}

const fn post(path: &'static str) -> Endpoint {
    Endpoint {
        method: "POST",
        path,
    }
}

const LYRICS: &[Endpoint] = &[
    post("/generate_lyrics"),
    post("/generate_prompt"),
    post("/generate_categories"),
    post("/generate_title"),
    post("/revise_lyrics"),
    post("/suggest_rhymes"),
    post("/improve_prompt"),
    get("/health_check"),
    get("/service_info"),
];

const MUSIC: &[Endpoint] = &[
    post("/generate_music"),
    post("/generate_music_to_storage"),
    post("/generate_demo_music"),
    get("/health_check"),
    get("/service_info"),
];

const IMAGE: &[Endpoint] = &[
    post("/generate_cover_image"),
    get("/get_available_styles"),
    get("/download_image"),
    get("/health_check"),
    get("/service_info"),
];

const INTEGRATED: &[Endpoint] = &[
    post("/generate_from_description"),
    post("/generate_with_lyrics"),
    post("/generate_with_described_lyrics"),
    post("/generate_music"),
    post("/generate"),
    get("/files/{key}"),
    get("/workflow_status"),
    get("/health_check"),
    get("/service_info"),
];

/// What a service answers, by the contract.
pub(crate) const fn endpoints(service: Service) -> &'static [Endpoint] {
    match service {
        Service::Lyrics => LYRICS,
        Service::Music => MUSIC,
        Service::Image => IMAGE,
        Service::Integrated => INTEGRATED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_documents_each_of_them() {
        let document: serde_json::Value =
            serde_json::from_str(&songwright_server::openapi()).unwrap();
        for service in Service::ALL {
            let prefix = match service {
                Service::Integrated => String::new(),
                other => format!("/{}", other.word()),
            };
            for Endpoint { method, path } in endpoints(service) {
                let path = format!("{prefix}{path}");
                let is_there = document["paths"][&path]
                    .get(method.to_lowercase())
                    .is_some();
                assert!(is_there, "{method} {path}");
            }
        }
    }
}
