package io.jrun.image.site;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Certificates and keys in the textual encoding that everybody but Java uses. Source: RFC 7468; RFC 5915; RFC 8017. */
final class PemFile {

    private static final Pattern KEY =
            Pattern.compile("-----BEGIN ((?:[A-Z]+ )?PRIVATE KEY)-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");

    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA");

    private final Path file;
    private final String hint;

    /** @param hint what to do about a file that cannot be used */
    PemFile(Path file, String hint) {
        this.file = file;
        this.hint = hint;
    }

    /** One or more certificates, in the order of the file. */
    List<Certificate> certificates() throws JrunException {
        byte[] content = content("certificates");
        try {
            List<Certificate> certificates = List.copyOf(
                    CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(content)));
            if (certificates.isEmpty()) {
                throw unusable("certificates", "there is none in it");
            }
            return certificates;
        } catch (CertificateException e) {
            throw new CorruptDataException(
                    Failure.of("read the certificates in " + file, "they are malformed")
                            .hint(hint),
                    e);
        }
    }

    /** The private key: PKCS#8, PKCS#1 (RSA) or SEC 1 (EC), none of them encrypted. */
    PrivateKey privateKey() throws JrunException {
        String text = new String(content("key"), StandardCharsets.ISO_8859_1);
        if (text.contains("ENCRYPTED")) {
            throw unusable("key", "it is encrypted, and nobody is there to type its password");
        }
        Matcher matcher = KEY.matcher(text);
        if (!matcher.find()) {
            throw unusable("key", "there is none in it");
        }
        try {
            byte[] der = Base64.getMimeDecoder().decode(matcher.group(2));
            byte[] pkcs8 =
                    switch (matcher.group(1)) {
                        case "RSA PRIVATE KEY" -> Pkcs8.ofRsa(der);
                        case "EC PRIVATE KEY" -> Pkcs8.ofEc(der);
                        default -> der;
                    };
            return decode(pkcs8);
        } catch (IllegalArgumentException malformed) {
            throw new CorruptDataException(
                    Failure.of("read the key in " + file, "it is malformed").hint(hint), malformed);
        }
    }

    private PrivateKey decode(byte[] pkcs8) throws CorruptDataException {
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (InvalidKeySpecException ofAnotherAlgorithm) {
                // The next one, then.
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("this Java runtime lacks " + algorithm, e);
            }
        }
        throw unusable("key", "it is no key of RSA, EC or EdDSA that Java can read");
    }

    private byte[] content(String what) throws NotFoundException {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new NotFoundException(
                    Failure.of("read the " + what + " in " + file, FileFailure.cause(e))
                            .hint(hint),
                    e);
        }
    }

    private CorruptDataException unusable(String what, String why) {
        return new CorruptDataException(
                Failure.of("read the " + what + " in " + file, why).hint(hint));
    }
}
