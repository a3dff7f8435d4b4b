package io.polymq.nats.account;

import io.polymq.core.router.Router;
import io.polymq.core.router.Sink;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.nats.options.AccountOptions;
import io.polymq.nats.options.OptionsException;
import io.polymq.nats.subject.SubjectTransform;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What accounts import from one another: planned first, import by import, so that a configuration
 * that cannot be changes nothing, then begun as a whole. One thread plans; what it makes is shared.
 */
final class Trade {

    private final Directory.Parts parts;
    private final Accounts accounts;
    private final Crossing crossing;
    private final Map<String, ServiceReplies> replies;
    private final Function<Account, AccountOptions> options;
    private final List<Planned> planned = new ArrayList<>();
    private final List<Router.Subscription> begun = new ArrayList<>();

    private record Planned(Router.Space space, Filter filter, Sink sink) {}

    Trade(Directory.Parts parts, Accounts accounts) {
        this(
                parts,
                accounts,
                new Crossing(parts.router()),
                new ConcurrentHashMap<>(),
                Account::options);
    }

    private Trade(
            Directory.Parts parts,
            Accounts accounts,
            Crossing crossing,
            Map<String, ServiceReplies> replies,
            Function<Account, AccountOptions> options) {
        this.parts = parts;
        this.accounts = accounts;
        this.crossing = crossing;
        this.replies = replies;
        this.options = options;
    }

    /** Another trade, by other options, which also brings the answers that are owed by now. */
    Trade again(Map<Account, AccountOptions> now) {
        return new Trade(
                parts,
                accounts,
                crossing,
                replies,
                account -> now.getOrDefault(account, account.options()));
    }

    /** What was planned holds from now on. */
    void begin() {
        for (Planned one : planned) {
            begun.add(one.space().subscribe(one.filter(), null, false, one.sink()));
        }
        planned.clear();
    }

    /** Nothing is imported any more. */
    void close() {
        begun.forEach(Router.Subscription::close);
        begun.clear();
    }

    /** Plans one import, or says why it cannot be. */
    void plan(Account importer, AccountOptions.Import wanted) throws OptionsException {
        Account exporter = accounts.get(wanted.account());
        if (exporter == null) {
            throw new OptionsException(
                    "account "
                            + importer.name()
                            + " imports from "
                            + wanted.account()
                            + ": account missing");
        }
        Filter filter = filter(wanted.subject());
        AccountOptions.Export export = export(exporter, importer, wanted, filter);
        if (export == null) {
            throw new OptionsException(
                    "account "
                            + importer.name()
                            + ": import of \""
                            + wanted.subject()
                            + "\" not authorized by "
                            + exporter.name());
        }
        try {
            if (wanted.service()) {
                service(importer, exporter, wanted, export);
            } else {
                stream(importer, exporter, wanted, filter);
            }
        } catch (IllegalArgumentException wrong) {
            throw new OptionsException(
                    "account "
                            + importer.name()
                            + ": import of \""
                            + wanted.subject()
                            + "\": "
                            + wrong.getMessage());
        }
    }

    private void stream(
            Account importer, Account exporter, AccountOptions.Import wanted, Filter filter) {
        String to = wanted.to();
        String prefix = wanted.prefix();
        SubjectTransform transform = null;
        if (to != null) {
            transform = SubjectTransform.reversible(wanted.subject(), to);
        } else if (prefix != null) {
            String before = prefix.endsWith(".") ? prefix : prefix + '.';
            transform = SubjectTransform.reversible(wanted.subject(), before + wanted.subject());
        }
        Sink sink = new StreamImport(crossing, importer, transform);
        planned.add(new Planned(exporter.space(), filter, whileActive(wanted, sink)));
    }

    private void service(
            Account importer,
            Account exporter,
            AccountOptions.Import wanted,
            AccountOptions.Export export)
            throws OptionsException {
        String own = wanted.to() == null ? wanted.subject() : wanted.to();
        SubjectTransform transform = null;
        if (!own.equals(wanted.subject())) {
            transform =
                    own.contains("$") || own.contains("{{")
                            ? SubjectTransform.reversible(wanted.subject(), own).reversed()
                            : SubjectTransform.reversible(own, wanted.subject());
        }
        Filter asked = transform == null ? filter(own) : transform.filter();
        AccountOptions.Latency wish = export.answers().latency();
        ServiceLatency latency =
                wish == null
                        ? null
                        : new ServiceLatency(
                                new ServiceLatency.Parts(
                                        parts.json(), parts.clock(), crossing, parts.clients()),
                                exporter,
                                wish);
        Sink sink =
                new ServiceImport(
                        crossing,
                        importer,
                        exporter,
                        transform,
                        wanted.share(),
                        new ServiceImport.Answering(
                                repliesOf(exporter), export.answers(), latency));
        planned.add(new Planned(importer.space(), asked, whileActive(wanted, sink)));
    }

    private Sink whileActive(AccountOptions.Import wanted, Sink sink) {
        AccountOptions.Activation activation = wanted.activation();
        return activation == null || activation.expires() == 0
                ? sink
                : new Expiring(sink, activation.expires(), parts.clock());
    }

    private ServiceReplies repliesOf(Account exporter) throws OptionsException {
        ServiceReplies known = replies.get(exporter.name());
        if (known == null) {
            known = new ServiceReplies(crossing, parts.nanoClock(), parts.random());
            exporter.space().subscribe(filter(ServiceReplies.PREFIX + '>'), null, false, known);
            replies.put(exporter.name(), known);
        }
        return known;
    }

    private AccountOptions.@Nullable Export export(
            Account exporter, Account importer, AccountOptions.Import wanted, Filter filter)
            throws OptionsException {
        for (AccountOptions.Export export : options.apply(exporter).exports()) {
            if (export.service() == wanted.service()
                    && filter(export.subject()).covers(filter)
                    && isOpenTo(export, importer, wanted)) {
                return export;
            }
        }
        return null;
    }

    private boolean isOpenTo(
            AccountOptions.Export export, Account importer, AccountOptions.Import wanted)
            throws OptionsException {
        AccountOptions.Activations needed = export.activations();
        if (needed != null) {
            AccountOptions.Activation given = wanted.activation();
            return given != null && isActivatedBy(needed, given, importer, wanted);
        }
        if (export.tokenPosition() > 0) {
            String[] levels = wanted.subject().split("\\.", -1);
            return levels.length >= export.tokenPosition()
                    && levels[export.tokenPosition() - 1].equals(importer.name());
        }
        return export.accounts().isEmpty() || export.accounts().contains(importer.name());
    }

    private boolean isActivatedBy(
            AccountOptions.Activations needed,
            AccountOptions.Activation given,
            Account importer,
            AccountOptions.Import wanted)
            throws OptionsException {
        long revoked =
                Math.max(
                        needed.revoked().getOrDefault(given.importer(), Long.MIN_VALUE),
                        needed.revoked().getOrDefault("*", Long.MIN_VALUE));
        return needed.signers().contains(given.signer())
                && given.importer().equals(importer.name())
                && given.service() == wanted.service()
                && filter(given.subject()).covers(filter(wanted.subject()))
                && (given.expires() == 0
                        || given.expires() > parts.clock().instant().getEpochSecond())
                && given.issuedAt() > revoked;
    }

    private static Filter filter(String subject) throws OptionsException {
        try {
            return Dialect.NATS.parse(subject);
        } catch (InvalidSubjectException e) {
            throw new OptionsException("\"" + subject + "\" is no valid subject");
        }
    }

    /** Forgets answers that are overdue. Any thread. */
    void sweep() {
        replies.values().forEach(ServiceReplies::sweep);
    }
}
