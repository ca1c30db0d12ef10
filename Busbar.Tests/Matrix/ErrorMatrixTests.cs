using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Response;
using Busbar.Reliability.Faults;
using Busbar.Tests.Matrix.Harness;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Matrix;

/// <summary>Every recorded error, classified, and shown to clients of every other protocol.</summary>
public sealed class ErrorMatrixTests
{
    private static readonly Dictionary<string, FaultClass> NoMap = [];

    public static TheoryData<string, string> Pairs => Hop.PairNames;

    [SkippableFact]
    public void A_recorded_error_has_the_class_of_its_status_unless_its_body_knows_better()
    {
        Skip.IfNot(Corpus.Exists);
        CorpusExchange[] errors = [.. Hop.Protocols.SelectMany(static protocol => Errors(protocol.Id))];
        Assert.True(errors.Length > 20, $"{errors.Length} errors");
        Assert.All(errors, exchange =>
        {
            ProviderError error = ProtocolTable.Get(exchange.Protocol).ReadError(exchange.Status, exchange.ResponseBody);
            FaultClass expected = error.IsContextLength ? FaultClass.ContextLength
                : error.IsInvalidKey ? FaultClass.Auth
                : Said(exchange) ?? FaultClassifier.OfStatus(exchange.Status);
            Assert.Equal((exchange.Id, expected), (exchange.Id, FaultClassifier.Classify(exchange.Status, error, NoMap)));
            Assert.False(error is { Code: null, Type: null, Message: null } && exchange.ResponseBody.Length > 2, exchange.Id + " says nothing");
        });
    }

    // What a reader of the recordings finds in their words.
    private static FaultClass? Said(CorpusExchange exchange)
    {
        string said = System.Text.Encoding.UTF8.GetString(exchange.ResponseBody.Span);
        bool Has(string words) => said.Contains(words, StringComparison.OrdinalIgnoreCase);
        return exchange.Status switch
        {
            404 when Has("model") => FaultClass.ModelGone,
            400 when Has("model identifier is invalid") || (Has("the requested model") && Has("does not exist")) || Has("end of its life")
                || Has("on-demand throughput")
                => FaultClass.ModelGone,
            400 when Has("please check your plan and billing") => FaultClass.Billing,
            403 when Has("api has not been used in project") || Has("security token") => FaultClass.Auth,
            _ => null,
        };
    }

    [SkippableTheory]
    [MemberData(nameof(Pairs))]
    public void A_recorded_error_reaches_every_other_client_in_its_own_envelope(string from, string to)
    {
        Skip.IfNot(Corpus.Exists);
        Assert.True(ProtocolNames.TryParse(from, out ProtocolId source) & ProtocolNames.TryParse(to, out ProtocolId client));
        Protocol ingress = ProtocolTable.Get(client);
        Assert.All(Errors(source), exchange =>
        {
            ProviderError told = ProtocolTable.Get(source).ReadError(exchange.Status, exchange.ResponseBody);
            GatewayError error = ErrorMapping.Relay(exchange.Status, told, isClientCredential: true);
            using var output = new PooledBuffer();
            ingress.WriteError(error, "req_011CSHoEeqs5C35K2UUqR7Fy", new JsonWriter(output));
            using JsonDocument body = JsonDocument.Parse(output.Span.ToArray());
            Assert.Equal(JsonValueKind.Object, body.RootElement.ValueKind);
            int status = ingress.StatusOf(error);
            Assert.True(status is >= 400 and < 600, $"{exchange.Id}: {status}");
            ProviderError seen = ingress.ReadError(status, output.Span.ToArray());
            Assert.False(string.IsNullOrWhiteSpace(seen.Message), exchange.Id);
            Assert.True(error.Message is null || seen.Message!.Contains(error.Message, StringComparison.Ordinal),
                $"{exchange.Id}: {error.Message} became {seen.Message}");
            if (client == ProtocolId.Anthropic)
            {
                Assert.Equal([], SchemaCheck.Validate("anthropic-messages.schema.json", "#/$defs/ErrorResponse", output.Span.ToArray()));
            }

            if (told.Type is { Length: > 0 } type && type != told.SharedCode
                && !Native(ingress, exchange.Status).Contains($"\"{type}\"", StringComparison.Ordinal))
            {
                Assert.DoesNotContain($"\"{type}\"", Encoding.UTF8.GetString(output.Span));
            }
        });
    }

    private static IEnumerable<CorpusExchange> Errors(ProtocolId protocol) =>
        Corpus.Of(protocol).Where(static exchange => exchange.Status is >= 400 and < 600
            && exchange.ResponseBody.Span.TrimStart(" \r\n\t"u8).StartsWith("{"u8));

    // What the client's own protocol says of such a status.
    private static string Native(Protocol ingress, int status)
    {
        using var output = new PooledBuffer();
        ingress.WriteError(new GatewayError(ErrorStatus.KindOf(status), null, status), "req", new JsonWriter(output));
        ingress.WriteError(new GatewayError(ErrorKind.ContextLength, null, status), "req", new JsonWriter(output));
        return Encoding.UTF8.GetString(output.Span);
    }
}
