using System.IO.Compression;
using System.Text;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Connections;

/// <summary>Request bodies that come compressed: read as what they are, and bounded as if they had come plain.</summary>
public sealed class CompressedBodyScenarios
{
    private static readonly string[] Codings = ["gzip", "deflate", "br", "zstd"];

    public static TheoryData<string> Names => Cases.Names;

    public static TheoryData<string, string, string> Crossings
    {
        get
        {
            var rows = new TheoryData<string, string, string>();
            for (int index = 0; index < SpokenProtocol.All.Length; index++)
            {
                rows.Add(SpokenProtocol.All[index].Name, SpokenProtocol.All[index].Name, Codings[index % Codings.Length]);
                rows.Add(SpokenProtocol.All[index].Name, SpokenProtocol.All[(index + 1) % SpokenProtocol.All.Length].Name,
                    Codings[(index + 1) % Codings.Length]);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Crossings))]
    public async Task A_compressed_body_goes_up_plain(string client, string provider, string coding)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(serves);
        scene.Upstream.Always = call => serves.ServeAsync(call);
        string body = speaks.Request(Scene.Pool, stream: false, new string('\u00e4', 70_000));

        Assert.Equal(200, (await SendAsync(scene, speaks, coding, Pack(coding, Encoding.UTF8.GetBytes(body)))).Status);

        UpstreamRequest request = Assert.Single(scene.Upstream.Requests);
        Assert.Null(request["Content-Encoding"]);
        Assert.Contains(new string('\u00e4', 70_000), request.Text.Replace("\\u00e4", "\u00e4", StringComparison.Ordinal), StringComparison.Ordinal);
        if (client == provider)
        {
            Assert.Equal(body.Replace("\"smart\"", "\"wire-0\"", StringComparison.Ordinal), request.Text);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_grows_beyond_the_limit_is_a_native_413_and_costs_nobody_anything(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Limits = "{ request_body_max_bytes: 200000 }" });

        foreach (string coding in Codings)
        {
            Reply reply = await SendAsync(scene, spoken, coding, Pack(coding, new byte[20_000_000]));
            spoken.IsEnvelope(reply, 413);
            Scene.SpeaksLikeTheVendor(reply);
        }

        Assert.Empty(scene.Upstream.Requests);
        await Eventually.HoldsAsync(async () => (await scene.MetricsAsync())["busbar_memory_held_bytes"] == 0 ? null : "memory is held");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_is_not_in_the_coding_it_names_is_a_native_400(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(spoken);
        byte[] body = Encoding.UTF8.GetBytes(spoken.Request(Scene.Pool, stream: false));

        foreach (string coding in Codings)
        {
            foreach (byte[] bytes in (byte[][])[body, Pack(coding, body)[..(Pack(coding, body).Length / 2)], []])
            {
                spoken.IsEnvelope(await SendAsync(scene, spoken, coding, bytes), 400);
            }
        }

        Assert.Empty(scene.Upstream.Requests);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_unknown_coding_is_a_native_415_that_names_those_that_are_known(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(spoken);

        foreach (string coding in (string[])["compress", "gzip, gzip"])
        {
            Reply reply = await SendAsync(scene, spoken, coding, [1, 2, 3]);
            spoken.IsEnvelope(reply, 415);
            Assert.Equal("gzip, deflate, br, zstd", reply["Accept-Encoding"]);
        }
    }

    private static async Task<Reply> SendAsync(Scene scene, SpokenProtocol spoken, string coding, byte[] bytes)
    {
        using var message = Scene.Message(spoken, new ByteArrayContent(bytes));
        message.Content!.Headers.TryAddWithoutValidation("Content-Encoding", coding);
        return await scene.ReadAsync(await scene.Client.SendAsync(message));
    }

    private static byte[] Pack(string coding, byte[] bytes)
    {
        var packed = new MemoryStream();
        using (Stream stream = coding switch
        {
            "gzip" => new GZipStream(packed, CompressionMode.Compress, leaveOpen: true),
            "deflate" => new ZLibStream(packed, CompressionMode.Compress, leaveOpen: true),
            "br" => new BrotliStream(packed, CompressionMode.Compress, leaveOpen: true),
            _ => new ZstdSharp.CompressionStream(packed, leaveOpen: true),
        })
        {
            stream.Write(bytes);
        }

        return packed.ToArray();
    }
}
