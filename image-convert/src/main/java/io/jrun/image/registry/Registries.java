package io.jrun.image.registry;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.image.account.Accounts;
import io.jrun.image.account.Credentials;
import io.jrun.image.reference.ImageReference;
import io.jrun.image.reference.Repository;
import io.jrun.image.reference.ShortNames;
import io.jrun.image.site.ConfigurationFiles;
import io.jrun.image.site.Endpoint;
import io.jrun.image.site.ProxyRules;
import io.jrun.image.site.RegistriesConf;
import io.jrun.image.site.TlsSettings;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The registries that this user can reach from this site, and the ways there. */
public final class Registries {

    /** Of the answer that says only that there is a registry. */
    private static final int MAX_ANSWER_SIZE = 1 << 16;

    private final RegistryOptions options;
    private final RegistriesConf conf;
    private final Accounts accounts;
    private final HttpTransport transport;
    private final Clock clock = Clock.systemUTC();

    private Registries(RegistryOptions options, RegistriesConf conf) {
        this.options = options;
        this.conf = conf;
        this.accounts = new Accounts(options.environment(), options.credentialFile(), conf.credentialHelpers());
        this.transport = new HttpTransport(
                new ProxyRules(options.environment()),
                new TlsSettings(options.configuration()),
                options.connectTimeout(),
                options.stallTimeout());
    }

    /** Reads the site's rules; the network is asked later. */
    public static Registries open(RegistryOptions options) throws JrunException {
        return new Registries(options, RegistriesConf.read(options.configuration()));
    }

    /** What names without a registry mean here. */
    public static ShortNames shortNames(Map<String, String> environment) throws JrunException {
        return RegistriesConf.read(ConfigurationFiles.ofThisHost(environment));
    }

    public RegistryOptions options() {
        return options;
    }

    /** Those to ask for an image, one after the other; the last one is where the image belongs. */
    public List<RegistryClient> forPull(ImageReference reference) throws JrunException {
        List<RegistryClient> clients = new ArrayList<>();
        for (Endpoint endpoint : conf.endpoints(reference)) {
            clients.add(client(endpoint, reference.user(), List.of("pull")));
        }
        return clients;
    }

    public RegistryClient forPush(ImageReference reference) throws JrunException {
        return client(conf.primary(reference), reference.user(), List.of("pull", "push"));
    }

    private RegistryClient client(Endpoint endpoint, Optional<String> user, List<String> actions) throws JrunException {
        boolean mirror = endpoint.kind() == Endpoint.Kind.MIRROR;
        Repository repository = endpoint.repository();
        Credentials credentials = accounts.lookup(repository, mirror ? Optional.empty() : user);
        String scope = "repository:" + repository.path() + ':' + String.join(",", actions);
        RetryPolicy retries = mirror ? options.retries().withAlternative() : options.retries();
        return new RegistryClient(
                repository,
                endpoint.kind(),
                origin(repository.registry(), endpoint.transport(), !mirror, List.of(scope), credentials),
                retries,
                options.listener());
    }

    private Origin origin(
            String registry,
            Endpoint.Transport security,
            boolean asUserChose,
            List<String> scopes,
            Credentials credentials) {
        Authenticator authenticator =
                new Authenticator(transport, security, registry, scopes, credentials, accounts, clock);
        return new Origin(
                transport,
                registry,
                security,
                asUserChose ? options.plainHttp() : RegistryOptions.PlainHttp.ON_LOOPBACK,
                authenticator,
                clock,
                options.listener());
    }

    /**
     * Asks a registry whether it knows an account. Source: distribution-spec 1.1, "Determining Support".
     *
     * @param registry HOST[:PORT]
     * @throws io.jrun.error.DeniedException when it does not
     */
    public void check(String registry, Credentials.Password account) throws IOException {
        String name = Repository.canonicalRegistry(registry);
        Origin origin = origin(name, conf.transport(name), true, List.of(), account);
        RegistryFailure failure = new RegistryFailure("log in to " + name, name);
        Attempts attempts = new Attempts(options.retries(), failure, options.listener());
        while (true) {
            HttpRequest request = HttpRequest.get(origin.uri("/v2/"), Map.of("Accept", "application/json"));
            try (HttpAnswer answer = origin.exchange(request, failure)) {
                failure.refuseWebPage(answer, answer.document(MAX_ANSWER_SIZE).orElse(new byte[0]));
                if (answer.isSuccess()) {
                    return;
                }
            } catch (DeniedException e) {
                throw new DeniedException(
                        Failure.of("log in to " + name, "the registry does not accept this account")
                                .hint("some registries want an access token in place of the password"),
                        e);
            } catch (IOException e) {
                attempts.after(e, request.target());
            }
        }
    }
}
