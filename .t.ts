import {readFileSync} from 'node:fs';
import {decodePicture} from './src/media/decode.ts';
import {squarePicture,splitTiles,normalisePicture,preparePicture} from './src/media/prepare.ts';
import {resizeBicubic} from './src/media/resize.ts';
import {CLIP_MEAN as mean,CLIP_STD as std} from './src/media/image-processor.ts';
import {isPublicAddress} from './src/media/address.ts';
const d='test/golden/pictures/';
for(const c of JSON.parse(readFileSync(d+'cases.json','utf8'))){
 const p=await decodePicture(d+c.input),w=await decodePicture(d+c.expected);
 const part=c.tile===undefined?p:splitTiles(p,c.resolution_ratio)[c.tile];
 const g=squarePicture(part,{size:c.size,mean,std,rescaleFactor:1/255,aspect:c.aspect});
 let max=0,n=0;for(let i=0;i<w.data.length;i++){const e=Math.abs(g.data[i]-w.data[i]);if(e){n++;if(e>max)max=e}}
 if(n||g.width!==w.width)console.log(c.input,c.aspect,c.size,max,n/w.data.length);
}
const G=JSON.parse(readFileSync(d+'normalised.json','utf8'));const q=normalisePicture(await decodePicture(d+'square-336.png'),{size:336,mean:G.mean,std:G.std,rescaleFactor:1/255,aspect:'pad'});
let bad=0;G.values.forEach((r:any,c:number)=>r.forEach((v:any,k:number)=>v.forEach((x:number,i:number)=>{if(q[c*336*336+[0,100][k]*336+i]!==x){bad++;console.log(q[c*336*336+[0,100][k]*336+i],x)}})));console.log('norm bad',bad);
for(const a of ['fe80::1%eth0','2606:4700::1111','8.8.8.8','::ffff:8.8.8.8','2002::1','::1','64:ff9b::808:808','2001:4860:4860::8888'])console.log(a,isPublicAddress(a));
const P={width:4000,height:3000,data:new Uint8Array(36e6).map((_,i)=>i*2654435761>>>24)};
for(const aspect of ['pad','crop','pad','crop','pad'] as const){const t=performance.now();preparePicture(P,{size:336,mean,std,rescaleFactor:1/255,aspect});console.log(aspect,performance.now()-t)}
const L={width:16384,height:2441,data:new Uint8Array(16384*2441*3)};
for(const aspect of ['pad','crop'] as const){const t=performance.now();const o=squarePicture(L,{size:336,mean,std,rescaleFactor:1/255,aspect});console.log('long',aspect,performance.now()-t,o.data.slice(0,3))}
const N={width:16384,height:1,data:new Uint8Array(16384*3).fill(7)};
for(const aspect of ['pad','crop'] as const){const t=performance.now();const o=squarePicture(N,{size:336,mean,std,rescaleFactor:1/255,aspect});console.log('thin',aspect,performance.now()-t,o.data.slice(0,3))}
console.log(process.memoryUsage().rss>>20);
