//! From the configuration to a connection with the broker.

use crate::clock;
use crate::config::Instance;
use crate::failure::Failure;
use crate::report::{Report, about};
use kafka::error::Error;
use kafka::settings::Settings;
use std::collections::BTreeMap;

/// How the instance speaks to its brokers.
pub(crate) fn settings(report: &Report, instance: &Instance) -> Result<Settings, Failure> {
    let Some(kafka) = &instance.configuration.kafka else {
        let said = about("CF003", &instance.file).saying(
            "there is no `kafka`",
            "brokers and the name of this instance",
            "kafka: {brokers: [\"127.0.0.1:9092\"], instance: a}",
        );
        return Err(report.stop(said));
    };
    let mut settings = Settings::new(&kafka.brokers.join(","), instance.ids.namespace(), &kafka.instance);
    settings.properties = kafka.properties.clone();
    secure(report, instance, &mut settings.properties)?;
    Ok(settings)
}

/// Encryption and who we are, in the client library's words.
fn secure(
    report: &Report,
    instance: &Instance,
    properties: &mut BTreeMap<String, String>,
) -> Result<(), Failure> {
    let Some(kafka) = &instance.configuration.kafka else { return Ok(()) };
    let protocol = match (&kafka.tls, &kafka.sasl) {
        (None, None) => return Ok(()),
        (Some(_), None) => "ssl",
        (None, Some(_)) => "sasl_plaintext",
        (Some(_), Some(_)) => "sasl_ssl",
    };
    properties.insert("security.protocol".to_owned(), protocol.to_owned());
    let files = kafka.tls.iter().flat_map(|tls| {
        [
            ("ssl.ca.location", &tls.ca),
            ("ssl.certificate.location", &tls.certificate),
            ("ssl.key.location", &tls.key),
        ]
    });
    for (property, file) in files {
        if let Some(file) = file {
            let path = instance.folder.join(&file.value);
            properties.insert(property.to_owned(), path.display().to_string());
        }
    }
    if let Some(sasl) = &kafka.sasl {
        let path = instance.folder.join(&sasl.password_file.value);
        let secret = std::fs::read_to_string(&path)
            .map_err(|error| report.stop(crate::report::unreadable(&path.display().to_string(), &error)))?;
        properties.insert("sasl.mechanism".to_owned(), sasl.mechanism.clone());
        properties.insert("sasl.username".to_owned(), sasl.username.clone());
        properties.insert("sasl.password".to_owned(), secret.trim_end_matches(['\r', '\n']).to_owned());
    }
    Ok(())
}

/// Patience of the client library, measured by the binary's clock.
pub(crate) fn now() -> std::time::Instant {
    clock::instant()
}

/// The broker did not do what it was asked.
pub(crate) fn failed(report: &Report, settings: &Settings, error: &Error) -> Failure {
    report.stop(about("KF000", "").saying(
        format!("the broker at {} does not do it: {error}", settings.brokers),
        "a broker that answers",
        "check `kafka.brokers`, that the broker runs, and what this user may do there",
    ));
    Failure::Work
}
