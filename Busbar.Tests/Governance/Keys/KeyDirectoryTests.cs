using Busbar.Governance.Keys;

namespace Busbar.Tests.Governance.Keys;

/// <summary>Keys in memory against a list that is searched from end to end.</summary>
public sealed class KeyDirectoryTests
{
    private const long Now = 1_000;

    [Fact]
    public void After_any_edits_exactly_the_secrets_ids_and_access_keys_in_force_are_found()
    {
        var random = new Random(20);
        var directory = new KeyDirectory();
        var model = new Dictionary<string, (VirtualKey Key, int Number, int Former)>();
        int next = 1;
        for (int step = 0; step < 6_000; step++)
        {
            string? id = model.Count == 0 ? null : model.Keys.ElementAt(random.Next(model.Count));
            switch (random.Next(id is null ? 1 : 5))
            {
                case 0 or 1:
                    VirtualKey made = TestKeys.Make(next);
                    made = random.Next(3) == 0 ? made with { AccessKey = new AccessKeyPair($"AKBB{next}", []) } : made;
                    Assert.True(directory.TryAdd(new KeyEntry(made, new KeyAccount())));
                    Assert.False(directory.TryAdd(new KeyEntry(made, new KeyAccount())));
                    model.Add(made.Id, (made, next++, 0));
                    break;
                case 2:
                    (VirtualKey former, int number, _) = model[id!];
                    VirtualKey rotated = former with { Digest = TestKeys.Make(next).Digest, FormerDigest = former.Digest, FormerUntil = Now + 1 };
                    Assert.True(directory.TryUpdate(rotated));
                    model[id!] = (rotated, next++, number);
                    break;
                case 3:
                    (VirtualKey kept, int secret, int before) = model[id!];
                    VirtualKey edited = kept with { RpmLimit = 5, AccessKey = random.Next(2) == 0 ? null : new AccessKeyPair($"AKBB{next++}", []) };
                    Assert.True(directory.TryUpdate(edited));
                    model[id!] = (edited, secret, before);
                    break;
                default:
                    Assert.Same(model[id!].Key, directory.Remove(id!)?.Key);
                    Assert.Null(directory.Remove(id!));
                    model.Remove(id!);
                    break;
            }

            if (step % 500 == 0)
            {
                Compare(directory, model, next);
            }
        }

        Compare(directory, model, next);
    }

    [Fact]
    public async Task A_key_that_stays_is_found_at_every_moment_while_others_come_and_go()
    {
        var directory = new KeyDirectory();
        VirtualKey[] stable = [.. Enumerable.Range(1, 200).Select(TestKeys.Make)];
        Assert.All(stable, key => Assert.True(directory.TryAdd(new KeyEntry(key, new KeyAccount()))));
        using var over = new CancellationTokenSource();
        Task<int> reader = Task.Run(() =>
        {
            int missed = 0;
            do
            {
                missed += stable.Count(key => directory.Find(key.Id)?.Key.Id != key.Id);
            }
            while (!over.IsCancellationRequested);
            return missed;
        });
        for (int number = 1_000; number < 20_000; number++)
        {
            VirtualKey key = TestKeys.Make(number);
            Assert.True(directory.TryAdd(new KeyEntry(key, new KeyAccount())));
            if (number % 3 != 0)
            {
                Assert.NotNull(directory.Remove(key.Id));
            }
        }

        over.Cancel();
        Assert.Equal(0, await reader);
        Assert.Equal(200 + 6_333, directory.Count);
    }

    private static void Compare(KeyDirectory directory, Dictionary<string, (VirtualKey Key, int Number, int Former)> model, int next)
    {
        Assert.Equal(model.Count, directory.Count);
        Assert.Equal(model.Values.Select(entry => entry.Key.Id).Order(StringComparer.Ordinal),
            directory.Entries.Select(entry => entry.Key.Id).Order(StringComparer.Ordinal));
        Dictionary<int, string> secrets = [];
        Dictionary<string, string> pairs = [];
        foreach ((VirtualKey key, int number, int former) in model.Values)
        {
            Assert.Same(key, directory.Find(key.Id)?.Key);
            secrets[number] = key.Id;
            if (former != 0)
            {
                secrets[former] = key.Id;
            }

            if (key.AccessKey is { } pair)
            {
                pairs[pair.Id] = key.Id;
            }
        }

        for (int number = 1; number < next; number++)
        {
            Assert.Equal(secrets.GetValueOrDefault(number), directory.Find($"sk-bb-{number:x32}", Now, out _)?.Key.Id);
            Assert.Equal(pairs.GetValueOrDefault($"AKBB{number}"), directory.FindAccessKey($"AKBB{number}")?.Key.Id);
        }
    }
}
