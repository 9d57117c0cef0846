//! Whom we believe: the system's certificates, Mozilla's that are built in, and the user's own file.
//!
//! Containers often have no certificates at all and CentOS 7 has old ones; so Mozilla's list is added
//! to the system's. Someone who names `SSL_CERT_FILE` or `SSL_CERT_DIR` says whom to trust: then
//! nothing is added but `ca-file`. There is no switch to trust everybody.

use std::path::Path;

use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

use super::error::FetchError;
use crate::model::Environment;

/// The certificates that the user named, read early, so that a wrong file is known early.
#[derive(Default)]
pub(super) struct Trust {
    own: Vec<Certificate<'static>>,
    /// What `SSL_CERT_FILE` and `SSL_CERT_DIR` hold, if one of them is set.
    named: Option<Vec<Certificate<'static>>>,
}

impl Trust {
    pub(super) fn new(ca_file: Option<&Path>, environment: &Environment) -> Result<Self, FetchError> {
        let own = ca_file.map(read_file).transpose()?.unwrap_or_default();
        Ok(Self { own, named: named(environment)? })
    }

    /// Returns everybody to trust; reads the system's certificates.
    pub(super) fn roots(&self) -> RootCerts {
        let mut certificates = self.own.clone();
        match &self.named {
            Some(named) => certificates.extend(named.iter().cloned()),
            None => certificates.extend(system().chain(mozilla())),
        }
        RootCerts::from(certificates)
    }
}

fn read_file(path: &Path) -> Result<Vec<Certificate<'static>>, FetchError> {
    let unusable = |reason: String| FetchError::Setting { name: path.display().to_string(), reason };
    let text = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let certificates: Vec<_> = parse_pem(&text)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(unusable("it holds no certificate in PEM form".to_owned()));
    }
    Ok(certificates)
}

fn named(environment: &Environment) -> Result<Option<Vec<Certificate<'static>>>, FetchError> {
    let file = environment.path("SSL_CERT_FILE");
    let directories = environment.path_list("SSL_CERT_DIR");
    if file.is_none() && directories.is_empty() {
        return Ok(None);
    }
    let mut found = rustls_native_certs::load_certs_from_paths(file, None).certs;
    for directory in &directories {
        found.extend(rustls_native_certs::load_certs_from_paths(None, Some(directory)).certs);
    }
    if found.is_empty() {
        return Err(FetchError::Setting {
            name: if file.is_some() { "SSL_CERT_FILE" } else { "SSL_CERT_DIR" }.to_owned(),
            reason: "no certificate in PEM form can be read there".to_owned(),
        });
    }
    Ok(Some(found.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect()))
}

fn system() -> impl Iterator<Item = Certificate<'static>> {
    let found = rustls_native_certs::load_native_certs().certs;
    found.into_iter().map(|certificate| Certificate::from_der(&certificate).to_owned())
}

fn mozilla() -> impl Iterator<Item = Certificate<'static>> {
    TLS_SERVER_ROOT_CERTS.iter().map(|certificate| Certificate::from_der(certificate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_is_refused_early() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("ca.pem");
        std::fs::write(&file, "no certificate\n").expect("written");
        assert!(Trust::new(Some(&file), &Environment::default()).is_err());
        assert!(Trust::new(Some(&directory.path().join("absent")), &Environment::default()).is_err());
        let mut environment = Environment::default();
        environment.variables.insert("SSL_CERT_FILE".into(), file.into());
        assert!(Trust::new(None, &environment).is_err());
    }

    #[test]
    fn mozilla_s_list_is_there_without_a_system_s() {
        let RootCerts::Specific(roots) = Trust::default().roots() else { panic!("a list") };
        assert!(roots.len() >= TLS_SERVER_ROOT_CERTS.len());
    }
}
