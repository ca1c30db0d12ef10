using System.Text;
using System.Text.Json;
using Busbar.Wire;

namespace Busbar.Tests.Wire;

public class RequestScanTests
{
    [Theory]
    [InlineData("{}", nameof(ScanResult.Ok))]
    [InlineData(" \r\n{\"model\":\"m\"}\t ", nameof(ScanResult.Ok))]
    [InlineData("", nameof(ScanResult.NotJson))]
    [InlineData("  ", nameof(ScanResult.NotJson))]
    [InlineData("{", nameof(ScanResult.NotJson))]
    [InlineData("{} {}", nameof(ScanResult.NotJson))]
    [InlineData("{}x", nameof(ScanResult.NotJson))]
    [InlineData("{\"a\":1,}", nameof(ScanResult.NotJson))]
    [InlineData("{\"a\":1 /* c */}", nameof(ScanResult.NotJson))]
    [InlineData("{\"a\":NaN}", nameof(ScanResult.NotJson))]
    [InlineData("[]", nameof(ScanResult.NotObject))]
    [InlineData("[{\"model\":\"m\",\"model\":\"n\"}]", nameof(ScanResult.NotObject))]
    [InlineData("\"text\"", nameof(ScanResult.NotObject))]
    [InlineData("null", nameof(ScanResult.NotObject))]
    [InlineData("{\"model\":\"a\",\"model\":\"a\"}", nameof(ScanResult.DuplicateModel))]
    [InlineData("{\"model\":\"a\",\"mod\\u0065l\":\"b\"}", nameof(ScanResult.DuplicateModel))]
    [InlineData("{\"\\u006dodel\":{},\"model\":1}", nameof(ScanResult.DuplicateModel))]
    [InlineData("{\"model\":\"a\",\"x\":{\"model\":\"b\"}}", nameof(ScanResult.Ok))]
    public void The_body_is_judged_as_a_whole(string body, string expected) =>
        Assert.Equal(expected, RequestScan.TryScan(Encoding.UTF8.GetBytes(body), out _).ToString());

    [Fact]
    public void Bytes_that_are_no_utf8_are_refused() =>
        Assert.Equal(ScanResult.NotJson, RequestScan.TryScan(
            new byte[] { (byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)':', (byte)'1', (byte)'}' }, out _));

    [Theory, Trait("gotcha", "T38")]
    [InlineData(128, nameof(ScanResult.Ok))]
    [InlineData(129, nameof(ScanResult.TooDeep))]
    [InlineData(200, nameof(ScanResult.TooDeep))]
    [InlineData(1_000_000, nameof(ScanResult.TooDeep))]
    public void Nesting_beyond_128_levels_is_refused(int depth, string expected)
    {
        string body = "{\"a\":" + new string('[', depth - 1) + new string(']', depth - 1) + "}";
        Assert.Equal(expected, RequestScan.TryScan(Encoding.UTF8.GetBytes(body), out _).ToString());
    }

    [Fact]
    public void What_routing_needs_is_found_in_any_order_and_spelling()
    {
        const string body =
            """{ "stream_options" : { "include_usage" : [true] }, "messages":[{"stream":false,"model":"x"}], "m\u006fdel" : "a\/b" """ +
            """, "str\u0065am":true,"input":null }  """;
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        Assert.Equal(ScanResult.Ok, RequestScan.TryScan(bytes, out RequestScan scan));
        Assert.Equal("\"a\\/b\"", Text(scan.Model.Of(bytes)));
        Assert.Equal("a/b", scan.ModelText(bytes).ToString());
        Assert.True(scan.HasModel);
        Assert.Equal("{ \"include_usage\" : [true] }", Text(scan.StreamOptions.Of(bytes)));
        Assert.True(scan.Stream);
        Assert.True(scan.HasInput);
        Assert.True(scan.HasMessages);
        Assert.Equal(body.LastIndexOf('}'), scan.ClosingBrace);
    }

    [Theory]
    [InlineData("""{}""", true, false, false)]
    [InlineData("""{"model":""}""", false, true, false)]
    [InlineData("""{"model":" "}""", false, true, true)]
    [InlineData("""{"model":null}""", false, false, false)]
    [InlineData("""{"model":7}""", false, false, false)]
    [InlineData("""{"model":["m"]}""", false, false, false)]
    [InlineData("""{"messages":[{"model":"m"}]}""", true, false, false)]
    public void A_model_counts_only_as_a_non_empty_string(string body, bool absent, bool isString, bool usable)
    {
        Assert.Equal(ScanResult.Ok, RequestScan.TryScan(Encoding.UTF8.GetBytes(body), out RequestScan scan));
        Assert.Equal((absent, isString, usable), (scan.Model.IsAbsent, scan.ModelIsString, scan.HasModel));
        Assert.Equal(!isString, scan.ModelText(Encoding.UTF8.GetBytes(body)).IsAbsent);
    }

    [Theory]
    [InlineData("""{"stream":true}""", true)]
    [InlineData("""{"stream":false}""", false)]
    [InlineData("""{"stream":"true"}""", null)]
    [InlineData("""{"stream":null}""", null)]
    [InlineData("""{"stream":false,"stream":true}""", true)]
    [InlineData("""{"x":{"stream":true}}""", null)]
    public void Stream_is_a_boolean_or_nothing(string body, bool? expected)
    {
        Assert.Equal(ScanResult.Ok, RequestScan.TryScan(Encoding.UTF8.GetBytes(body), out RequestScan scan));
        Assert.Equal(expected, scan.Stream);
    }

    [Fact]
    public void A_name_with_an_unpaired_surrogate_does_no_harm() =>
        Assert.Equal(ScanResult.Ok, RequestScan.TryScan("{\"\\ud800\":1,\"model\":\"m\",\"a\":\"\\udc00\"}"u8.ToArray(), out _));

    [Fact]
    public async Task Splicing_changes_the_model_and_no_other_byte()
    {
        byte[] body = Encoding.UTF8.GetBytes("{\"a\":1.0e5, \"model\" : \"old\\n\" ,\"b\":\"\u00e4 \"}\n");
        Assert.Equal(ScanResult.Ok, RequestScan.TryScan(body, out RequestScan scan));
        var splice = new SplicedBody(body, scan, "\"new\""u8.ToArray());
        byte[] expected = Encoding.UTF8.GetBytes("{\"a\":1.0e5, \"model\" : \"new\" ,\"b\":\"\u00e4 \"}\n");
        using var output = new PooledBuffer();
        splice.WriteTo(output);
        using var stream = new MemoryStream();
        await splice.CopyToAsync(stream, CancellationToken.None);
        Assert.Equal(expected, output.Span.ToArray());
        Assert.Equal(expected, stream.ToArray());
        Assert.Equal(expected.Length, splice.Length);
    }

    [Fact]
    public async Task A_body_without_a_model_stays_one_segment()
    {
        byte[] body = "{\"contents\":[]}"u8.ToArray();
        Assert.Equal(ScanResult.Ok, RequestScan.TryScan(body, out RequestScan scan));
        foreach (SplicedBody splice in (SplicedBody[])[new(body, scan, "\"new\""u8.ToArray()), new(body)])
        {
            using var stream = new MemoryStream();
            await splice.CopyToAsync(stream, CancellationToken.None);
            Assert.Equal(body, stream.ToArray());
            Assert.Equal(1, splice.Count);
            Assert.Equal(body.Length, splice.Length);
        }
    }

    [SkippableFact]
    public void Every_recorded_request_is_scanned_as_a_full_parser_reads_it()
    {
        Skip.IfNot(Corpus.Exists);
        int seen = 0;
        foreach (CorpusExchange exchange in Corpus.All.Where(exchange => exchange.Request is not null))
        {
            ReadOnlyMemory<byte> body = exchange.Request!.Body;
            using JsonDocument document = JsonDocument.Parse(body);
            Assert.Equal(ScanResult.Ok, RequestScan.TryScan(body, out RequestScan scan));
            bool hasModel = document.RootElement.TryGetProperty("model", out JsonElement model);
            Assert.Equal(hasModel ? model.GetRawText() : "", Text(scan.Model.Of(body)));
            Assert.Equal(document.RootElement.TryGetProperty("messages", out _), scan.HasMessages);
            bool? stream = document.RootElement.TryGetProperty("stream", out JsonElement flag)
                && flag.ValueKind is JsonValueKind.True or JsonValueKind.False
                ? flag.GetBoolean() : null;
            Assert.Equal(stream, scan.Stream);
            using var output = new PooledBuffer();
            new SplicedBody(body, scan, scan.Model.Of(body)).WriteTo(output);
            Assert.True(output.Span.SequenceEqual(body.Span), exchange.Id);
            seen++;
        }

        Assert.InRange(seen, 900, int.MaxValue);
    }

    [Fact]
    public void Values_names_and_objects_of_every_depth_are_counted()
    {
        byte[] body = Encoding.UTF8.GetBytes("""{"model":"a,b:{[","n":[1,{"o":{}},[]],"t":"{\"x\":1}"}""");
        Assert.Equal(ScanResult.Ok, RequestScan.TryScan(body, out RequestScan scan));
        Assert.Equal((12, 3), (scan.Entries, scan.Objects));
    }

    [Theory]
    [InlineData("""{"store":true,"store":true}""", nameof(ScanResult.DuplicateReference))]
    [InlineData("""{"conversation":null,"conversation":"c"}""", nameof(ScanResult.DuplicateReference))]
    [InlineData("""{"previous_response_id":"a","previous_response\u005fid":"b"}""", nameof(ScanResult.DuplicateReference))]
    [InlineData("""{"stream":true,"stream":true,"messages":1,"messages":2,"x":1,"x":2}""", nameof(ScanResult.Ok))]
    [InlineData("""{"Model":"a"}""", nameof(ScanResult.Misspelt))]
    [InlineData("""{"model":"a","MODEL":"a"}""", nameof(ScanResult.Misspelt))]
    [InlineData("""{"Conversation":"c"}""", nameof(ScanResult.Misspelt))]
    [InlineData("""{"conver\u017Fation":"c"}""", nameof(ScanResult.Misspelt))]
    [InlineData("""{"con-versa_tion":"c"}""", nameof(ScanResult.Misspelt))]
    [InlineData("""{"previousResponseId":"p"}""", nameof(ScanResult.Misspelt))]
    [InlineData("""{"previous-response-id":"p"}""", nameof(ScanResult.Misspelt))]
    [InlineData("""{"_previous__response_id_":"p"}""", nameof(ScanResult.Misspelt))]
    [InlineData("""{"previou\u017F_re\u017Fpon\u017Fe_id":"p"}""", nameof(ScanResult.Misspelt))]
    [InlineData("""{"x":{"Model":"a","Conversation":1}}""", nameof(ScanResult.Ok))]
    [InlineData("""{"models":1,"mode":1,"conversations":1,"previous_response":1,"Stream":true,"Store":true}""", nameof(ScanResult.Ok))]
    public void What_parsers_could_disagree_about_is_refused_where_it_decides_something(string body, string expected) =>
        Assert.Equal(expected, RequestScan.TryScan(Encoding.UTF8.GetBytes(body), out _).ToString());

    [Theory]
    [InlineData("""{"previous_response_id":"r","conversation":{"id":1},"store":false,"anthropic_version":"v"}""", "\"r\"", "{\"id\":1}", false,
        true)]
    [InlineData("""{"previous_response_id":null,"conversation":null,"store":null,"anthropic_version":null}""", "", "", null, false)]
    [InlineData("""{"store":true,"anthropic_version":1}""", "", "", true, false)]
    [InlineData("""{"store":"true"}""", "", "", null, false)]
    [InlineData("""{"a":{"store":true,"conversation":"c","anthropic_version":"v"}}""", "", "", null, false)]
    public void What_a_provider_keeps_and_who_is_asked_is_found(string body, string previous, string conversation, bool? store, bool isAnthropic)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        Assert.Equal(ScanResult.Ok, RequestScan.TryScan(bytes, out RequestScan scan));
        Assert.Equal((previous, conversation), (Text(scan.PreviousResponse.Of(bytes)), Text(scan.Conversation.Of(bytes))));
        Assert.Equal((store, isAnthropic), (scan.Store, scan.HasAnthropicVersion));
    }

    [Theory]
    [InlineData("""{"a":[{"b":"bb-1"}]}""", true)]
    [InlineData("""{"a":["x","bb-"]}""", true)]
    [InlineData("""{"a":"xbb-1"}""", false)]
    [InlineData("""{"bb-1":"a"}""", false)]
    [InlineData("""{"a":"bb"}""", false)]
    public void Strings_that_begin_with_a_mark_are_noticed_in_any_depth(string body, bool expected)
    {
        Assert.Equal(ScanResult.Ok, RequestScan.TryScan(Encoding.UTF8.GetBytes(body), "bb-"u8, out RequestScan scan));
        Assert.Equal(expected, scan.HasMark);
        Assert.Equal(ScanResult.Ok, RequestScan.TryScan(Encoding.UTF8.GetBytes(body), out scan));
        Assert.False(scan.HasMark);
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
