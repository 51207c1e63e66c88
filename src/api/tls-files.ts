/** The certificate and key of the API, read and checked before anything is listened on. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { DreamError } from "../errors.ts";

export interface Tls {
  /** PEM. */
  cert: string;
  key: string;
  /** What will be refused by clients although it can be served. */
  warnings: string[];
}

/** @throws {DreamError} `bad_config`, naming the file and what is wrong with it */
export function readTls(certFile: string, keyFile: string, nowMs: number): Tls {
  const cert = readPem("tlsCert", certFile);
  const key = readPem("tlsKey", keyFile);
  const certificate = parse("tlsCert", certFile, "a certificate as PEM", () => {
    return new X509Certificate(cert);
  });
  const privateKey = parse("tlsKey", keyFile, "a private key as PEM, without a passphrase", () => {
    return createPrivateKey(key);
  });
  if (!isKeyOf(certificate, privateKey)) {
    throw bad("tlsKey", keyFile, `it is not the key of ${certFile}`);
  }
  return { cert, key, warnings: warningsOf(certificate, certFile, nowMs) };
}

function isKeyOf(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.checkPrivateKey(key);
  } catch {
    return false;
  }
}

function warningsOf(certificate: X509Certificate, file: string, nowMs: number): string[] {
  const warnings: string[] = [];
  const { validFrom, validTo, ca } = certificate;
  if (Date.parse(validTo) <= nowMs) warnings.push(`The certificate ${file} expired ${validTo}`);
  if (Date.parse(validFrom) > nowMs) warnings.push(`The certificate ${file} begins ${validFrom}`);
  if (ca) {
    warnings.push(
      `The certificate ${file} is one of a CA, which many clients refuse for a server: make it ` +
        "with basicConstraints=CA:FALSE",
    );
  }
  return warnings;
}

function readPem(key: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw bad(key, path, (error as { code?: string }).code ?? "it cannot be read");
  }
  if (text.includes("-----BEGIN ")) return text;
  throw bad(key, path, "it is no PEM file");
}

/** The library's own words may quote what the file holds. */
function parse<T>(key: string, path: string, wanted: string, act: () => T): T {
  try {
    return act();
  } catch {
    throw bad(key, path, `wanted ${wanted}`);
  }
}

function bad(key: string, path: string, why: string): DreamError {
  return new DreamError("bad_config", `Cannot use ${path} for TLS: ${why}`, { details: { key } });
}
