package io.polymq.network;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** What stands in the PEM files of {@code [tls]}, with faults told by the key's name. Stateless. */
final class PemFiles {

    /** No chain is longer, whatever signs itself in a circle. */
    private static final int LONGEST_CHAIN = 10;

    private PemFiles() {}

    static List<X509Certificate> certificates(Path file, String key) {
        try (InputStream in = Files.newInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
                    .map(X509Certificate.class::cast)
                    .toList();
        } catch (CertificateException e) {
            throw new NetworkException("tls." + key + ": " + file + " is no PEM certificate", e);
        } catch (IOException e) {
            throw new NetworkException("tls." + key + ": cannot read " + file, e);
        }
    }

    static List<X509CRL> revocationLists(Path file, String key) {
        try (InputStream in = Files.newInputStream(file)) {
            List<X509CRL> lists =
                    CertificateFactory.getInstance("X.509").generateCRLs(in).stream()
                            .map(X509CRL.class::cast)
                            .toList();
            if (lists.isEmpty()) {
                throw new CRLException("it is empty");
            }
            return lists;
        } catch (GeneralSecurityException e) {
            throw new NetworkException(
                    "tls." + key + ": " + file + " is no PEM list of revoked certificates", e);
        } catch (IOException e) {
            throw new NetworkException("tls." + key + ": cannot read " + file, e);
        }
    }

    /**
     * The authorities between the last certificate of a chain and its root, which clients are to
     * know themselves.
     */
    static List<X509Certificate> missing(
            List<X509Certificate> chain, List<X509Certificate> authorities) {
        List<X509Certificate> found = new ArrayList<>();
        X509Certificate last = chain.getLast();
        while (found.size() < LONGEST_CHAIN) {
            X509Certificate signer = signer(last, authorities);
            if (signer == null || isSelfSigned(signer)) {
                break;
            }
            found.add(signer);
            last = signer;
        }
        return found;
    }

    private static @Nullable X509Certificate signer(
            X509Certificate one, List<X509Certificate> authorities) {
        return isSelfSigned(one)
                ? null
                : authorities.stream()
                        .filter(
                                other ->
                                        other.getSubjectX500Principal()
                                                        .equals(one.getIssuerX500Principal())
                                                && hasSigned(other, one))
                        .findFirst()
                        .orElse(null);
    }

    private static boolean isSelfSigned(X509Certificate one) {
        return one.getSubjectX500Principal().equals(one.getIssuerX500Principal());
    }

    static boolean hasSigned(X509Certificate signer, X509Certificate one) {
        try {
            one.verify(signer.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** Who is believed by those who believe these authorities. */
    static X509ExtendedTrustManager trusting(List<X509Certificate> authorities)
            throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        for (int i = 0; i < authorities.size(); i++) {
            store.setCertificateEntry(Integer.toString(i), authorities.get(i));
        }
        TrustManagerFactory factory =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509ExtendedTrustManager known) {
                return known;
            }
        }
        throw new GeneralSecurityException("no trust manager for X.509");
    }

    static String text(X509Certificate certificate) {
        try {
            String body =
                    Base64.getMimeEncoder(64, new byte[] {'\n'})
                            .encodeToString(certificate.getEncoded());
            return "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n";
        } catch (CertificateException e) {
            throw new NetworkException("a certificate cannot be written", e);
        }
    }
}
