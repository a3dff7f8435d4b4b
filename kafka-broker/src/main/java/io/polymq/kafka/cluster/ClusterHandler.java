package io.polymq.kafka.cluster;

import io.polymq.codec.kafka.ServedApis;
import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Cluster;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.topic.AuthorizedOperations;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.TopicCatalog;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopic;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsPartition;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsTopic;
import org.apache.kafka.common.message.DescribeQuorumRequestData;
import org.apache.kafka.common.message.DescribeQuorumRequestData.TopicData;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.message.DescribeQuorumResponseData.Listener;
import org.apache.kafka.common.message.DescribeQuorumResponseData.Node;
import org.apache.kafka.common.message.DescribeQuorumResponseData.PartitionData;
import org.apache.kafka.common.message.DescribeQuorumResponseData.ReplicaState;
import org.apache.kafka.common.protocol.Errors;

/** Serves ApiVersions, DescribeCluster, DescribeLogDirs and DescribeQuorum. Connection zone. */
public final class ClusterHandler {

    private static final int FIRST_VERSION_WITH_NODES = 2;
    private static final byte BROKERS = 1;
    private static final byte CONTROLLERS = 2;
    private static final int FIRST_VERSION_WITH_SOFTWARE = 3;
    private static final String METADATA_TOPIC = "__cluster_metadata";
    private static final Pattern SOFTWARE =
            Pattern.compile("[a-zA-Z0-9](?:[a-zA-Z0-9\\-.]*[a-zA-Z0-9])?");

    private final ServedApis apis;
    private final TopicCatalog catalog;
    private final Access access;
    private final Cluster cluster;
    private final Path folder;

    /**
     * @param folder where the records are, told as the one log directory
     */
    public ClusterHandler(
            ServedApis apis, TopicCatalog catalog, Access access, Cluster cluster, Path folder) {
        this.apis = apis;
        this.catalog = catalog;
        this.access = access;
        this.cluster = cluster;
        this.folder = folder;
    }

    public void apiVersions(Exchange exchange) {
        if (!exchange.request().versionServed()) {
            exchange.respond(apis.refusal());
            return;
        }
        ApiVersionsRequestData request = exchange.body(ApiVersionsRequestData.class);
        if (exchange.version() >= FIRST_VERSION_WITH_SOFTWARE
                && !(SOFTWARE.matcher(request.clientSoftwareName()).matches()
                        && SOFTWARE.matcher(request.clientSoftwareVersion()).matches())) {
            exchange.respond(
                    new ApiVersionsResponseData().setErrorCode(Errors.INVALID_REQUEST.code()));
            return;
        }
        exchange.respond(apis.answer());
    }

    public void describeCluster(Exchange exchange) {
        DescribeClusterRequestData request = exchange.body(DescribeClusterRequestData.class);
        DescribeClusterResponseData response =
                new DescribeClusterResponseData().setEndpointType(request.endpointType());
        if (request.endpointType() != BROKERS) {
            boolean known = request.endpointType() == CONTROLLERS;
            exchange.respond(
                    response.setErrorCode(
                                    known
                                            ? Errors.MISMATCHED_ENDPOINT_TYPE.code()
                                            : Errors.UNSUPPORTED_ENDPOINT_TYPE.code())
                            .setErrorMessage("The request was sent to an endpoint of type BROKER"));
            return;
        }
        response.brokers()
                .add(
                        new DescribeClusterBroker()
                                .setBrokerId(cluster.brokerId())
                                .setHost(cluster.host(exchange.client()))
                                .setPort(cluster.port(exchange.client()))
                                .setRack(null));
        response.setClusterId(cluster.clusterId()).setControllerId(cluster.brokerId());
        if (request.includeClusterAuthorizedOperations()) {
            response.setClusterAuthorizedOperations(
                    AuthorizedOperations.cluster(access, exchange.client()));
        }
        exchange.respond(response);
    }

    public void describeLogDirs(Exchange exchange) {
        DescribeLogDirsResponseData response = new DescribeLogDirsResponseData();
        if (!access.cluster(exchange.client(), Action.DESCRIBE)) {
            exchange.respond(response.setErrorCode(Errors.CLUSTER_AUTHORIZATION_FAILED.code()));
            return;
        }
        DescribeLogDirsRequestData request = exchange.body(DescribeLogDirsRequestData.class);
        File device = folder.toFile();
        DescribeLogDirsResult directory =
                new DescribeLogDirsResult()
                        .setLogDir(folder.toAbsolutePath().toString())
                        .setTotalBytes(device.getTotalSpace())
                        .setUsableBytes(device.getUsableSpace());
        for (KafkaTopic topic : catalog.list(exchange.client().tenant())) {
            List<Integer> partitions = asked(request, topic);
            if (partitions.isEmpty()) {
                continue;
            }
            DescribeLogDirsTopic answer = new DescribeLogDirsTopic().setName(topic.name());
            directory.topics().add(answer);
            for (int partition : partitions) {
                answer.partitions()
                        .add(
                                new DescribeLogDirsPartition()
                                        .setPartitionIndex(partition)
                                        .setPartitionSize(
                                                topic.topic()
                                                        .partition(partition)
                                                        .statistics()
                                                        .bytes()));
            }
        }
        response.results().add(directory);
        exchange.respond(response);
    }

    private static List<Integer> asked(DescribeLogDirsRequestData request, KafkaTopic topic) {
        List<Integer> all = new ArrayList<>();
        if (request.topics() == null) {
            for (int partition = 0; partition < topic.partitions(); partition++) {
                all.add(partition);
            }
            return all;
        }
        DescribableLogDirTopic asked = request.topics().find(topic.name());
        return asked == null
                ? all
                : asked.partitions().stream().filter(topic::hasPartition).toList();
    }

    /** The quorum is this broker alone. */
    public void describeQuorum(Exchange exchange) {
        DescribeQuorumRequestData request = exchange.body(DescribeQuorumRequestData.class);
        DescribeQuorumResponseData response = new DescribeQuorumResponseData();
        if (!access.cluster(exchange.client(), Action.DESCRIBE)) {
            exchange.respond(response.setErrorCode(Errors.CLUSTER_AUTHORIZATION_FAILED.code()));
            return;
        }
        for (TopicData topic : request.topics()) {
            var answer = new DescribeQuorumResponseData.TopicData().setTopicName(topic.topicName());
            response.topics().add(answer);
            for (var partition : topic.partitions()) {
                answer.partitions().add(quorum(topic.topicName(), partition.partitionIndex()));
            }
        }
        if (exchange.version() < FIRST_VERSION_WITH_NODES) {
            exchange.respond(response);
            return;
        }
        Node node = new Node().setNodeId(cluster.brokerId());
        node.listeners()
                .add(
                        new Listener()
                                .setName("CONTROLLER")
                                .setHost(cluster.host(exchange.client()))
                                .setPort(cluster.port(exchange.client())));
        response.nodes().add(node);
        exchange.respond(response);
    }

    private PartitionData quorum(String topic, int partition) {
        PartitionData answer = new PartitionData().setPartitionIndex(partition);
        if (!topic.equals(METADATA_TOPIC) || partition != 0) {
            return answer.setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        }
        answer.setLeaderId(cluster.brokerId()).setLeaderEpoch(1).setHighWatermark(0);
        answer.currentVoters().add(new ReplicaState().setReplicaId(cluster.brokerId()));
        return answer;
    }
}
