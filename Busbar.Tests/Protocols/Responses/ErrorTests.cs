using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Responses;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Responses;

public class ErrorTests
{
    [SkippableFact]
    public void Every_recorded_error_body_is_lifted()
    {
        Skip.IfNot(Corpus.Exists);
        int seen = 0;
        foreach (CorpusExchange exchange in Corpus.Of(ProtocolId.Responses).Where(exchange => exchange.Status >= 400))
        {
            ProviderError error = ResponsesProtocol.Instance.ReadError(exchange.Status, exchange.ResponseBody);
            JsonElement body = Exchange.Parse(exchange.ResponseBody).GetProperty("error");
            Assert.Equal(body.GetProperty("message").GetString(), error.Message);
            Assert.Equal(body.GetProperty("code").GetString(), error.Code);
            Assert.Equal(body.GetProperty("type").GetString(), error.Type);
            seen++;
        }

        Assert.True(seen > 5, $"{seen} errors");
    }

    [Theory]
    [InlineData(400, true)]
    [InlineData(413, true)]
    [InlineData(401, false)]
    [InlineData(429, false)]
    [InlineData(500, false)]
    public void Context_length_is_recognised_only_where_the_status_allows_it(int status, bool expected)
    {
        byte[] body =
            """{"error":{"message":"This model's maximum context length is 8 tokens.","type":"invalid_request_error","code":null}}"""u8.ToArray();
        Assert.Equal(expected, ResponsesProtocol.Instance.ReadError(status, body).IsContextLength);
    }

    [Fact]
    public void Every_kind_of_error_has_the_native_envelope_and_no_words_of_ours()
    {
        foreach (ErrorKind kind in Enum.GetValues<ErrorKind>())
        {
            using var output = new PooledBuffer();
            var error = new GatewayError(kind);
            ResponsesProtocol.Instance.WriteError(error, "req_1", new JsonWriter(output));
            JsonElement written = Exchange.Parse(output.Span.ToArray()).GetProperty("error");
            Assert.Equal(["code", "message", "param", "type"], written.EnumerateObject().Select(member => member.Name).Order());
            Assert.NotEqual("api_error", written.GetProperty("type").GetString());
            string text = Encoding.UTF8.GetString(output.Span);
            foreach (string word in (string[])["gateway", "pool", "lane", "upstream", "router", "breaker", "busbar"])
            {
                Assert.DoesNotContain(word, text, StringComparison.OrdinalIgnoreCase);
            }

            Assert.Equal(ErrorStatus.Usual(kind), ResponsesProtocol.Instance.StatusOf(error));
        }
    }

    [Fact]
    public void The_protocol_is_found_by_its_id()
    {
        Assert.Same(ResponsesProtocol.Instance, ProtocolTable.Get(ProtocolId.Responses));
        Assert.Equal("/v1/responses", ResponsesProtocol.Instance.EgressPath("m", true));
        Assert.Matches("^resp_[0-9A-Za-z]{48}$", ResponsesProtocol.Instance.NewResponseId());
    }
}
