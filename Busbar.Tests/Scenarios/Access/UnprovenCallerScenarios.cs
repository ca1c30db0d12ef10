using System.Globalization;
using System.Text;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Store;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Busbar.Tests.Scenarios.Harness;
using SignedRequest = Busbar.Tests.Scenarios.Fuzz.SignedRequest;

namespace Busbar.Tests.Scenarios.Access;

/// <summary>Callers who have proven nothing: nothing is read or held for them that others need.</summary>
public sealed class UnprovenCallerScenarios : IDisposable
{
    private const string AccessKey = "AKIACANARYEXAMPLE";
    private const string SecretKey = "canary-secret-access-key";
    private const long Large = 32 * 1024 * 1024;

    private static readonly SpokenProtocol Bedrock = SpokenProtocol.Of("bedrock");
    private static readonly string Master = new('7', 64);

    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-unproven-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    public static TheoryData<string> Flaws => ["form", "date", "skew", "scope", "service", "host", "id", "hash", "forged"];

    [Theory]
    [MemberData(nameof(Flaws))]
    public async Task What_the_headers_alone_refuse_is_refused_without_a_byte_of_the_body(string flaw)
    {
        await using Scene scene = await StartAsync();
        using RawConnection connection = await RawConnection.OpenAsync(scene.Port);
        SignedRequest request = Signed(flaw == "id" ? "AKIANOBODY" : AccessKey, flaw == "forged" ? "another" : SecretKey, flaw switch
        {
            "skew" => bent => bent.Date = DateTime.UtcNow.AddMinutes(-6).ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture),
            "scope" => bent => bent.Day = "20200101",
            "service" => bent => bent.Service = "s3",
            "host" => bent => bent.Signed.Remove("host"),
            "hash" => bent => (bent.SendsHash, bent.PayloadHash) = (true, "UNSIGNED-PAYLOAD"),
            "forged" => bent => bent.SendsHash = true,
            _ => _ => { },
        });
        if (flaw == "form")
        {
            request["Authorization"] = "AWS4-HMAC-SHA256 x";
        }
        else if (flaw == "date")
        {
            request.Headers.RemoveAll(header => header.Name == "X-Amz-Date");
        }

        await connection.SendAsync(Head(request, Large));

        Reply reply = (await connection.ReadAsync())!;
        Assert.Equal((403, "AccessDeniedException"), (reply.Status, reply["x-amzn-errortype"]));
        Assert.Equal(1, (await scene.MetricsAsync())["busbar_auth_rejections_total", ("ingress_protocol", "bedrock")]);
        Assert.Empty(scene.Upstream.Requests);
    }

    [Fact]
    public async Task A_declared_length_above_the_cap_is_refused_before_the_body()
    {
        await using Scene scene = await StartAsync();
        using RawConnection connection = await RawConnection.OpenAsync(scene.Port);
        await connection.SendAsync(Head(Signed(), Large + 1));
        Assert.Equal(413, (await connection.ReadAsync())!.Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Crowds_that_trickle_unproven_bodies_hold_no_slot_and_no_memory_and_keep_nobody_out(bool isSlotless)
    {
        // Bodies of the crowd that took these slots would keep all others out; a request gives its own back a moment after its client has the answer.
        await using Scene scene = await StartAsync("max_inbound_concurrent: 4");
        double before = (await scene.MetricsAsync())["process_resident_memory_bytes"];
        var crowd = new List<RawConnection>();
        try
        {
            for (int each = 0; each < 40; each++)
            {
                RawConnection connection = await RawConnection.OpenAsync(scene.Port);
                crowd.Add(connection);

                // The signature is well formed and its id is known; that the secret is another only the body can show.
                SignedRequest forged = Signed(secret: "another");
                if (isSlotless)
                {
                    forged["Authorization"] = "AWS4-HMAC-SHA256 x";
                }

                await connection.SendAsync(Head(forged, Large));
                await connection.SendAsync(new byte[32 * 1024]);
            }

            for (int round = 0; round < 20; round++)
            {
                foreach (RawConnection connection in crowd)
                {
                    await connection.SendAsync("x"u8.ToArray());
                }

                Assert.Equal(200, (await scene.PostAsync(Bedrock)).Status);
                using RawConnection signed = await RawConnection.OpenAsync(scene.Port);
                await signed.SendAsync(Signed().ToBytes());
                Assert.Equal(200, (await signed.ReadAsync())!.Status);
            }

            Assert.InRange((await scene.MetricsAsync())["process_resident_memory_bytes"] - before, long.MinValue, 200 * 1024 * 1024);
        }
        finally
        {
            crowd.ForEach(connection => connection.Dispose());
        }

        Assert.Equal(40, scene.Upstream.Requests.Count);
    }

    [Fact]
    public async Task A_proven_caller_that_trickles_is_refused_after_the_time_for_a_body_whatever_its_rate()
    {
        await using Scene scene = await StartAsync("request_body_read_timeout_secs: 2");
        using RawConnection connection = await RawConnection.OpenAsync(scene.Port);
        await connection.SendAsync(Encoding.ASCII.GetBytes(
            $"POST {Bedrock.Path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {Scene.Token}\r\nContent-Type: application/json\r\nContent-Length: " +
                "10000000\r\n\r\n"));
        long start = Environment.TickCount64;
        while (!connection.HasAnswer(TimeSpan.FromMilliseconds(50)))
        {
            // Far more than any rate that could be demanded.
            await connection.SendAsync(new byte[1000]);
            Assert.InRange(Environment.TickCount64 - start, 0, (long)Eventually.Bound.TotalMilliseconds);
        }

        Reply reply = (await connection.ReadAsync())!;
        Assert.Equal(408, reply.Status);
        Assert.NotEmpty(Bedrock.MessageOf(reply));
        Scene.SpeaksLikeTheVendor(reply);
    }

    private static SignedRequest Signed(string id = AccessKey, string secret = SecretKey, Action<SignedRequest>? bend = null)
    {
        var request = new SignedRequest { AccessKeyId = id, Secret = secret };
        bend?.Invoke(request);
        return request.Sign();
    }

    private static byte[] Head(SignedRequest request, long length)
    {
        string text = request.ToString();
        return Encoding.Latin1.GetBytes(text[..(text.IndexOf("Content-Length", StringComparison.Ordinal))] + $"Content-Length: {length}\r\n\r\n");
    }

    private async Task<Scene> StartAsync(string limits = "shutdown_drain_secs: 10")
    {
        string database = Path.Combine(_directory, "governance.db");
        if (!File.Exists(database))
        {
            KeyDigest digest = KeyDigest.Of(Scene.Token);
            var key = new VirtualKey { Id = digest.ToKeyId(), Digest = digest, Name = "signer" };
            key = key with { AccessKey = new SecretBox(MasterKey.Parse(Master)!).Seal(key.Id, AccessKey, new Secret(SecretKey)) };
            using SqliteStore store = SqliteStore.Open(database, TimeProvider.System);
            Assert.True(store.Insert(key));
        }

        Scene scene = await Scene.StartAsync(new SceneConfig(Bedrock)
        {
            Auth = "{ mode: none }",
            Limits = $"{{ {limits} }}",
            More = $"governance: {{ enabled: true, db_path: \"{database}\", admin_token: canary-admin-token-77, master_key_env: MASTER, " +
                $"price_per_request_cents: 0 }}",
            Environment = { ["MASTER"] = Master },
        });
        scene.Upstream.Always = call => Bedrock.ServeAsync(call);
        return scene;
    }
}
