package io.polymq.core.router;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Origin;
import io.polymq.core.subject.Subject;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Who gets the messages of a subject, as of a sum of generations. Immutable. */
final class Route implements Capture.Fanout {

    /** A group and those of its members that match. */
    record Share(SharedGroup group, Member[] members) {}

    final SubscriptionSpace space;
    final Subject subject;
    final int[] places;
    final int generation;
    final Member[] captures;
    final Member[] members;
    final Share[] shares;

    Route(
            SubscriptionSpace space,
            Subject subject,
            int[] places,
            int generation,
            Member[] captures,
            Member[] members,
            Share[] shares) {
        this.space = space;
        this.subject = subject;
        this.places = places;
        this.generation = generation;
        this.captures = captures;
        this.members = members;
        this.shares = shares;
    }

    boolean isCurrent() {
        return space.generations().sum(places) == generation;
    }

    /** References held, for the bounds of caches. */
    int weight() {
        int weight = 16 + captures.length + members.length;
        for (Share share : shares) {
            weight += 4 + share.members().length;
        }
        return weight;
    }

    int publish(Message message) {
        return captures.length == 0 ? deliverLive(message) : keepAndDeliver(message);
    }

    /** To live subscribers, and to the captures behind the one that leads. */
    @Override
    public int deliver(Message message) {
        int taken = deliverLive(message);
        for (int i = 1; i < captures.length; i++) {
            if (isKept(captures[i], message) || captures[i].offer(message)) {
                taken++;
            }
        }
        return taken;
    }

    @Override
    public int size() {
        return members.length + shares.length + Math.max(0, captures.length - 1);
    }

    /** To all but one capture, which has the message already. */
    int deliverBeside(Capture origin, Message message) {
        int taken = deliverLive(message);
        for (Member capture : captures) {
            if (!capture.sink().equals(origin) && capture.offer(message)) {
                taken++;
            }
        }
        return taken;
    }

    boolean hasInterestBeside(Capture origin) {
        if (members.length > 0 || shares.length > 0 || captures.length > 1) {
            return true;
        }
        return captures.length == 1 && !captures[0].sink().equals(origin);
    }

    private int deliverLive(Message message) {
        int taken = 0;
        for (Member member : members) {
            if (member.offer(message)) {
                taken++;
            }
        }
        for (Share share : shares) {
            if (share.group().offer(message, share.members())) {
                taken++;
            }
        }
        return taken;
    }

    private int keepAndDeliver(Message message) {
        int kept = 0;
        for (int i = 0; i < captures.length; i++) {
            if (isKept(captures[i], message)) {
                kept++;
            } else if (captures[i].sink() instanceof Capture lead) {
                return kept + lead.capture(message, i == 0 ? this : without(i));
            }
        }
        return kept + deliverLive(message);
    }

    /** It was handed over before, and this one has it from then. */
    private static boolean isKept(Member capture, Message message) {
        Origin origin = message.origin();
        return origin != null
                && !origin.keptBy().isEmpty()
                && capture.sink() instanceof Capture known
                && origin.keptBy().contains(known.id());
    }

    CompletableFuture<Set<UUID>> keepers(KeptMessage message, long since) {
        Set<UUID> found = ConcurrentHashMap.newKeySet();
        CompletableFuture<?>[] asked = new CompletableFuture<?>[captures.length + members.length];
        for (int i = 0; i < asked.length; i++) {
            Member member = i < captures.length ? captures[i] : members[i - captures.length];
            asked[i] = member.sink().keepers(message, since).thenAccept(found::addAll);
        }
        return CompletableFuture.allOf(asked).thenApply(all -> found);
    }

    /** The same when the captures before that one have closed. */
    private Route without(int before) {
        Member[] rest = java.util.Arrays.copyOfRange(captures, before, captures.length);
        return new Route(space, subject, places, generation, rest, members, shares);
    }
}
