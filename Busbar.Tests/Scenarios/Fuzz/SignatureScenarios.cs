using System.Text;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Store;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Busbar.Tests.Scenarios.Harness;
using Busbar.Upstream.Credentials;
using Xunit.Abstractions;

namespace Busbar.Tests.Scenarios.Fuzz;

/// <summary>
/// Requests of AWS clients that were changed on their way: what means the same is served, all else gets one answer and leaves no trace.
/// </summary>
public sealed class SignatureScenarios(ITestOutputHelper output) : IDisposable
{
    private const int Cases = 1500;
    private const int MaxFailures = 5;
    private const int BatchSize = 100;
    private const string AccessKeyId = "AKIAIOSFODNN7CANARY";
    private const string Secret = "wJalrXUtnFEMI/K7MDENG/canary";
    private const string Master = "5eed112233445566778899aabbccddeeff00112233445566778899aabbccddee";

    private static readonly SpokenProtocol Bedrock = SpokenProtocol.Of("bedrock");

    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-signed-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    [Trait("gotcha", "T264")]
    [Trait("gotcha", "C93")]
    public async Task A_changed_request_is_served_when_it_means_the_same_and_refused_alike_when_not()
    {
        await using Scene scene = await StartAsync();
        Assert.True(AwsCredential.TryParse($"{AccessKeyId}:{Secret}", out AwsCredential? credential));
        Reply refused = await scene.PostAsync(Bedrock, change: message => Bedrock.Authorize(message.Headers, "sk-bb-canary-nobody"));
        SignatureChange[] all = [.. SignatureChange.Same, .. SignatureChange.Other];
        var bounds = new FuzzBounds(Cases);
        var statuses = new Dictionary<int, int> { [200] = 0, [refused.Status] = 1 };
        int number = 0;
        Assert.All(scene.Upstreams, upstream => Assert.Empty(upstream.Requests));
        var failures = new List<string>();
        while (failures.Count < MaxFailures && (number < all.Length || bounds.Allows(number)))
        {
            for (int end = number + BatchSize; number < end; number++)
            {
                Random random = FuzzBounds.Of(number);
                SignatureChange change = number < all.Length ? all[number] : all[random.Next(all.Length)];
                SignedRequest request = change.Apply(credential, random);
                try
                {
                    int status = await RunAsync(scene, request, change, refused);
                    statuses[status] = statuses.GetValueOrDefault(status) + 1;
                }
                catch (Exception exception)
                {
                    failures.Add($"'{change.What}', case {number} of seed {FuzzBounds.Seed}: {exception.Message}\n{request}");
                }
            }

            if (failures.Count > 0)
            {
                continue;
            }

            int served = statuses[200];
            Assert.Equal(served, scene.Upstreams.Sum(upstream => upstream.Requests.Count));
            await scene.SettledAsync();
            MetricsPage page = await scene.MetricsAsync();
            Assert.Equal((0, 0, served), (page["busbar_reservations_open"], page["busbar_reserved_cents"],
                page["busbar_key_spend_cents", ("key", KeyDigest.Of(Scene.Token).ToKeyId())] / 2));
            Assert.Equal(served, page.Sum("busbar_requests_total"));
            Assert.Equal(statuses.Where(pair => pair.Key is not (0 or 200)).Sum(pair => pair.Value), page.Sum("busbar_auth_rejections_total"));
            Assert.All(await scene.LanesAsync(), lane => Assert.Equal((0, 0, false), (lane.Err, lane.ClientFault, lane.Dead)));
        }

        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
        output.WriteLine($"{number} cases: {string.Join(", ", statuses.Select(pair => $"{pair.Value} x {pair.Key}"))}");
        Assert.InRange(statuses[200], number / 10, number - 1);
        Assert.All(scene.Upstreams.SelectMany(upstream => upstream.Requests), request =>
        {
            Assert.DoesNotContain(request.Headers, header => header.Value.Contains(AccessKeyId, StringComparison.Ordinal)
                || header.Key.StartsWith("x-amz-", StringComparison.OrdinalIgnoreCase));
            Assert.Equal(Bedrock.Request("", stream: false), request.Text);
        });
    }

    // Its status, 0 where it was no HTTP any more.
    private static async Task<int> RunAsync(Scene scene, SignedRequest request, SignatureChange change, Reply refused)
    {
        using RawConnection connection = await RawConnection.OpenAsync(scene.Port);
        await connection.SendAsync(request.ToBytes());
        Reply? reply = await connection.ReadAsync();
        Assert.NotNull(reply);
        Assert.DoesNotContain("canary", string.Join('\n', reply.Headers) + reply.Text, StringComparison.OrdinalIgnoreCase);
        if (change.IsSame)
        {
            Assert.True(reply.Status == 200, $"{reply.Status} {reply.Text}");
            return reply.Status;
        }

        if (reply is { Status: 400, Body.Length: 0 })
        {
            return 0;
        }

        if (!change.MayBeElsewhere)
        {
            Assert.Equal((refused.Status, refused.Text), (reply.Status, reply.Text));
            Assert.Equal(Names(refused), Names(reply));
            Bedrock.IsEnvelope(reply, 401);
        }

        Assert.InRange(reply.Status, 400, 499);
        return reply.Status;
    }

    private static IEnumerable<string> Names(Reply reply) => reply.Headers.Keys.Order(StringComparer.OrdinalIgnoreCase);

    private async Task<Scene> StartAsync()
    {
        string database = Path.Combine(_directory, "governance.db");
        using (SqliteStore store = SqliteStore.Open(database, TimeProvider.System))
        {
            KeyDigest digest = KeyDigest.Of(Scene.Token);
            string id = digest.ToKeyId();
            AccessKeyPair pair = new SecretBox(MasterKey.Parse(Master)!).Seal(id, AccessKeyId, new Secret(Secret));
            Assert.True(store.Insert(new VirtualKey { Id = id, Digest = digest, Name = "test", AccessKey = pair }));
        }

        Scene scene = await Scene.StartAsync(new SceneConfig(Bedrock)
        {
            Auth = "{ mode: none }",
            More = $"governance: {{ enabled: true, admin_token: canary-admin-token-80, db_path: \"{database}\", price_per_request_cents: 2, " +
                $"master_key_env: MASTER }}",
            Environment = new() { ["MASTER"] = Master },
        });
        scene.Upstream.Always = call => Bedrock.ServeAsync(call);
        return scene;
    }
}
